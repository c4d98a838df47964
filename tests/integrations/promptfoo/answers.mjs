// Writes what promptfoo says of each test of a config: its verdict, its score, and those of each assertion.
//
//     npm install --ignore-scripts --omit=optional promptfoo@0.121.20
//     node answers.mjs promptfooconfig.yaml > answers.json
//
// The outputs stand in the config, so no model is asked.
import { readFileSync } from 'node:fs';
import * as yaml from 'js-yaml';
import promptfoo from 'promptfoo';

const config = yaml.load(readFileSync(process.argv[2], 'utf8'));
const deref = (each) => (each.$ref ? config.assertionTemplates[each.$ref.split('/').pop()] : each);
const own = (vars) => Object.values(vars).find(Array.isArray);
const answers = [];
for (const [place, test] of config.tests.entries()) {
  const vars = { ...config.defaultTest.vars, ...test.vars };
  for (const country of own(vars) ?? [vars.country]) {
    const assert = [...config.defaultTest.assert, ...test.assert].map(deref);
    const given = { ...test, vars: { ...vars, country }, assert };
    const response = { output: test.providerOutput };
    const found = await promptfoo.assertions.runAssertions({
      prompt: 'x', test: given, providerResponse: response, vars: given.vars, latencyMs: 1,
    });
    const each = found.componentResults.map(({ pass, score, assertion }) => ({ type: assertion?.type ?? 'assert-set', pass, score }));
    answers.push({ test: place, pass: found.pass, score: found.score, each });
  }
}
process.stdout.write(JSON.stringify({ promptfoo: '0.121.20', answers }, null, 1) + '\n');
