import type { PartitionerArgs } from 'kafkajs';

interface ToGroup extends Omit<PartitionerArgs, 'message'> {
  readonly messages: readonly PartitionerArgs['message'][];
  readonly partitioner: (args: PartitionerArgs) => number;
}

/** Messages by partition, those of each in order; kafkajs copies a partition's list anew for each message. */
export function grouped({
  topic,
  partitionMetadata,
  messages,
  partitioner,
}: ToGroup): Partial<Record<number, PartitionerArgs['message'][]>> {
  if (partitionMetadata.length === 0) return {};
  return Object.groupBy(messages, (message) => partitioner({ topic, partitionMetadata, message }));
}
