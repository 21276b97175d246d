import type { PartitionerArgs } from 'kafkajs';

interface Grouping extends Omit<PartitionerArgs, 'message'> {
  readonly messages: readonly PartitionerArgs['message'][];
  readonly partitioner: (args: PartitionerArgs) => number;
}

/** Messages by partition, those of each in order; kafkajs copies a partition's list for each message. */
export function groupByPartition({
  topic,
  partitionMetadata,
  messages,
  partitioner,
}: Grouping): Partial<Record<number, PartitionerArgs['message'][]>> {
  if (partitionMetadata.length === 0) return {};
  return Object.groupBy(messages, (message) => partitioner({ topic, partitionMetadata, message }));
}
