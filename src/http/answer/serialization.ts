// Serializers, each compiled when its answer is first given: compiling all of them takes longer than the rest of a start.
import SerializerSelector from '@fastify/fast-json-stringify-compiler';

/** For Fastify's `schemaController`. */
export const buildSerializer: SerializerSelector.SerializerFactory = (externalSchemas, options) => {
  const compile = SerializerSelector()(externalSchemas, options);
  return (route) => {
    let serialize: SerializerSelector.Serializer | undefined;
    return (answer) => {
      serialize ??= compile(route);
      return serialize(answer);
    };
  };
};
