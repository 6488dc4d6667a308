// From the JSON Schemas of docs/asyncapi.yaml to TypeScript types, for as much of JSON Schema as the document uses.

/** The type of a schema; `document` resolves its references. */
export function typeOf(schema, document) {
  if (schema.$ref !== undefined) return typeOf(resolve(schema.$ref, document), document);
  if (schema.allOf !== undefined) return typeOf(merge(schema.allOf, document), document);
  if (schema.oneOf !== undefined) return union(schema.oneOf, document);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.type)) return union(schema.type.map((type) => ({ ...schema, type })), document);
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `Array<${typeOf(schema.items, document)}>`;
    case 'object':
      return schema.properties === undefined ? 'Record<string, unknown>' : members(schema, document);
    case undefined:
      return schema.properties === undefined ? 'unknown' : members(schema, document);
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`);
  }
}

const union = (schemas, document) => schemas.map((schema) => typeOf(schema, document)).join(' | ');

function members({ properties, required = [] }, document) {
  const lines = Object.entries(properties).map(([name, schema]) => `${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema, document)}`);
  return `{ ${lines.join('; ')} }`;
}

function merge(schemas, document) {
  const merged = { type: 'object', properties: {}, required: [] };
  for (const schema of schemas) {
    const { properties = {}, required = [] } = schema.$ref === undefined ? schema : resolve(schema.$ref, document);
    Object.assign(merged.properties, properties);
    merged.required.push(...required);
  }
  return merged;
}

function resolve(reference, document) {
  return reference
    .slice(2)
    .split('/')
    .reduce((node, key) => node[key], document);
}
