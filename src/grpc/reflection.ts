import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { service as healthService } from 'grpc-health-check';

/** grpc.reflection v1 and v1alpha: clients like grpcurl learn the services from the server. */
export function addReflection(server: Pick<Server, 'addService'>, services: readonly DescService[]): void {
  const files = new Set<DescFile>();
  for (const { file } of services) addFile(files, file);
  const ours = [...files].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
  const health = Object.values(healthService).flatMap(({ requestType }) => requestType.fileDescriptorProtos);
  const described = { all: { fileDescriptorProtos: [...ours, ...health] } };
  new ReflectionService(described as never).addToServer(server);
}

function addFile(files: Set<DescFile>, file: DescFile): void {
  for (const dependency of file.dependencies) addFile(files, dependency);
  files.add(file);
}
