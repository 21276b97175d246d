import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

const bytes = (message: Buffer): Buffer => message;

export const pathOf = ({ parent, name }: DescMethod): string => `/${parent.typeName}/${name}`;

/**
 * A service as grpc-js takes it. Its messages stay bytes: what cannot be decoded is an error of the client's, which the
 * library would report as one of ours.
 */
export function definitionOf(service: DescService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.name, methodOf(method)]));
}

const methodOf = (method: DescMethod): MethodDefinition<Buffer, Buffer> => ({
  path: pathOf(method),
  requestStream: ['client_streaming', 'bidi_streaming'].includes(method.methodKind),
  responseStream: ['server_streaming', 'bidi_streaming'].includes(method.methodKind),
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
