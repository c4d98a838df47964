// The life of graders, files, evals and runs, driven by npm's official client:
// GRADERS_NODE_MODULES=FOLDER node node_life.mjs http://127.0.0.1:8000/v1 KEY
// What it found is said as one line of JSON, for the test to judge; only what must not happen at all is
// thrown.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

const modules = process.env.GRADERS_NODE_MODULES;
const OpenAI = createRequire(`${modules}/`)("openai");
const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const exact = {
  type: "string_check",
  name: "exact",
  input: "{{sample.output_text}}",
  reference: "{{item.answer}}",
  operation: "eq",
};
const near = {
  type: "text_similarity",
  name: "near it",
  input: "{{sample.output_text}}",
  reference: "{{item.answer}}",
  evaluation_metric: "fuzzy_match",
  pass_threshold: 0.5,
};
const config = {
  type: "custom",
  item_schema: { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] },
  include_sample_schema: true,
};
const rows = Array.from({ length: 7 }, (_, row) => ({
  item: { answer: String(row) },
  sample: { output_text: String(row % 2) },
}));
const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");

// Give the class, the status and the words of the error that a call ends with.
async function refusal(call) {
  try {
    await call();
  } catch (error) {
    const { status, code, param, type } = error;
    const kind = Object.keys(OpenAI).find((name) => OpenAI[name] === error.constructor);
    return { kind, status, code, param, type, identified: /^req_/.test(error.requestID ?? "") };
  }
  throw new Error("expected an error");
}

// Follow a list to its end, page by page.
async function every(listed) {
  const all = [];
  for await (const each of listed) all.push(each);
  return all;
}

async function ended(run) {
  for (let n = 0; ["queued", "in_progress"].includes(run.status); n += 1) {
    if (n === 600) throw new Error(`the run is still ${run.status}`);
    await pause(50);
    run = await client.evals.runs.retrieve(run.id, { eval_id: run.eval_id });
  }
  return run;
}

async function graders() {
  const { graders } = client.fineTuning.alpha;
  const item = { answer: "Paris" };
  const parts = { a: exact, b: near };
  const both = { type: "multi", name: "both", graders: parts, calculate_output: "(a + b) / 2" };
  const right = await graders.run({ grader: exact, item, model_sample: "Paris" });
  const half = await graders.run({ grader: both, item, model_sample: "Parts" });
  const missing = await graders.run({ grader: exact, item: {}, model_sample: "x" });
  const wrong = { ...exact, operation: "equals" };
  return {
    rewards: [right.reward, half.reward],
    sub_rewards: half.sub_rewards,
    flags: Object.keys(missing.metadata.errors).filter((name) => missing.metadata.errors[name] === true),
    validated: (await graders.validate({ grader: near })).grader,
    invalid: await refusal(() => graders.validate({ grader: wrong })),
  };
}

async function files() {
  const upload = () => OpenAI.toFile(Buffer.from(lines), "rows.jsonl");
  const file = await client.files.create({ file: await upload(), purpose: "evals" });
  const found = await client.files.retrieve(file.id);
  const listed = await every(client.files.list({ purpose: "evals" }));
  const content = await (await client.files.content(file.id)).text();
  return { file, found, listed: listed.map((each) => each.id), kept: content === lines };
}

async function runs(made, file) {
  const sources = [
    { type: "jsonl", source: { type: "file_content", content: rows } },
    { type: "jsonl", source: { type: "file_id", id: file.id } },
  ];
  const over = [];
  for (const data_source of sources) {
    over.push(await ended(await client.evals.runs.create(made.id, { name: "mine", data_source })));
  }
  const [run] = over;
  const where = { eval_id: made.id };
  const paged = await client.evals.runs.outputItems.list(run.id, { ...where, limit: 3 });
  const items = await every(paged);
  const narrowed = { ...where, status: "pass", limit: 1 };
  const passed = await every(client.evals.runs.outputItems.list(run.id, narrowed));
  const one = await client.evals.runs.outputItems.retrieve(items[1].id, { ...where, run_id: run.id });
  return {
    statuses: over.map((each) => each.status),
    counts: over.map((each) => each.result_counts),
    listed: (await every(client.evals.runs.list(made.id, { limit: 1 }))).map((each) => each.id),
    ids: over.map((each) => each.id),
    first_page: [paged.data.length, paged.has_more],
    rows: items.map((each) => each.datasource_item_id),
    scores: items.map((each) => each.results.map((result) => result.score)),
    passed: passed.map((each) => each.datasource_item_id),
    one: { same: JSON.stringify(one) === JSON.stringify(items[1]), status: one.status },
    cancelled_when_over: (await client.evals.runs.cancel(run.id, where)).status,
    cancelled_nowhere: await refusal(() => client.evals.runs.cancel("evalrun_none", where)),
    invalid: await refusal(() =>
      client.evals.runs.create(made.id, {
        data_source: { type: "jsonl", source: { type: "file_content", content: [{ item: {} }] } },
      }),
    ),
    deleted: await client.evals.runs.delete(run.id, where),
    gone: await refusal(() => client.evals.runs.retrieve(run.id, where)),
  };
}

async function evals(file) {
  const body = { data_source_config: config, testing_criteria: [exact, near] };
  const made = [];
  for (const name of ["one", "two", "three"]) made.push(await client.evals.create({ ...body, name }));
  const [first] = made;
  const found = await client.evals.retrieve(first.id);
  const renamed = await client.evals.update(first.id, { name: "renamed", metadata: { a: "b" } });
  const said = {
    same: JSON.stringify(found) === JSON.stringify(first),
    threshold: found.testing_criteria[1].pass_threshold,
    renamed: [renamed.name, renamed.metadata],
    listed: (await every(client.evals.list({ limit: 1, order: "desc" }))).map((each) => each.id),
    ids: made.map((each) => each.id),
    runs: await runs(first, file),
    unknown: await refusal(() => client.evals.create({ ...body, colour: "red" })),
  };
  said.deleted = [];
  for (const each of made) said.deleted.push((await client.evals.delete(each.id)).deleted);
  said.gone = await refusal(() => client.evals.retrieve(first.id));
  return said;
}

async function errors(file) {
  const { deleted } = await client.files.delete(file.id);
  const stranger = client.withOptions({ apiKey: "wrong" });
  const nowhere = client.withOptions({ baseURL: "http://127.0.0.1:9/v1" });
  return {
    file_deleted: deleted,
    file_gone: await refusal(() => client.files.content(file.id)),
    stranger: await refusal(() => stranger.evals.list()),
    limit: await refusal(() => client.evals.list({ limit: 101 })),
    unreachable: (await refusal(() => nowhere.evals.list())).kind,
  };
}

// Ask as the client's class for Azure does: at paths of Azure, with its header for the key.
async function azure() {
  const endpoint = new URL(baseURL).origin;
  const options = { endpoint, apiKey, apiVersion: "2025-04-01-preview", deployment: "any", maxRetries: 0 };
  const asking = new OpenAI.AzureOpenAI(options);
  const row = { item: { answer: "a" }, model_sample: "a" };
  const graded = await asking.fineTuning.alpha.graders.run({ grader: near, ...row });
  const made = await asking.evals.create({ data_source_config: config, testing_criteria: [exact] });
  const stranger = new OpenAI.AzureOpenAI({ ...options, apiKey: "wrong" });
  return {
    reward: graded.reward,
    deleted: (await asking.evals.delete(made.id)).deleted,
    stranger: await refusal(() => stranger.evals.list()),
  };
}

const { version } = JSON.parse(readFileSync(`${modules}/openai/package.json`));
const said = { version, node: process.version, graders: await graders(), files: await files() };
said.evals = await evals(said.files.file);
said.errors = await errors(said.files.file);
said.azure = await azure();
console.log(JSON.stringify(said));
