// Parses docs/asyncapi.yaml with the reference parser; any error or warning beyond advice fails.

import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const file = new URL('../../docs/asyncapi.yaml', import.meta.url);
const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
const WARNING = 1;
const faults = diagnostics.filter(({ severity }) => severity <= WARNING);
for (const { message, path } of faults) console.error(`${path.join('.')}: ${message}`);
if (document === undefined || faults.length > 0) process.exit(1);
console.log(`docs/asyncapi.yaml: ${document.operations().all().length} operations, ${document.messages().all().length} messages`);
