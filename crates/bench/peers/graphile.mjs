// graphile-worker, with every batching it documents: a local queue, and completions and failures told together.

import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

import { now, paced, produce, serve, until } from "./protocol.mjs";

const connectionString = process.env.DATABASE_URL;
const preset = {
  worker: {
    connectionString,
    maxPoolSize: 10,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger: new Logger(() => () => {}),
  },
};

const ADD = {
  name: "add_job",
  text: "select graphile_worker.add_job('noop', json_build_object('number', $1::int))",
};

const FILL = `select graphile_worker.add_jobs(array(
  select ('noop', json_build_object('number', number), null, null, null, null, null, null)::graphile_worker.job_spec
  from generate_series(1, $1::int) number))`;

async function connect() {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Its way to add a job in the caller's transaction is this function of its schema. */
async function add(client, number) {
  await client.query("begin");
  await client.query({ ...ADD, values: [number] });
  await client.query("commit");
}

async function drained(client) {
  const { rows } = await client.query("select exists(select from graphile_worker._private_jobs) as left");
  return !rows[0].left;
}

await serve({
  async setup(_count, _concurrency, begin) {
    await begin();
    const utils = await makeWorkerUtils({ preset });
    await utils.migrate();
    await utils.release();
    // The first worker of a database names the tasks it knows; nobody measures that.
    const runner = await run({ preset, taskList: { noop() {} } });
    await runner.stop();
    return {};
  },

  async fill(count, _concurrency, begin) {
    const client = await connect();
    await begin();
    await client.query(FILL, [count]);
    return {};
  },

  async enqueue(count, producers, begin) {
    const clients = await Promise.all(Array.from({ length: producers }, connect));
    await begin();
    return produce(count, producers, clients, (client) => add(client, 0));
  },

  async drain(count, concurrency, begin) {
    let started = 0;
    const client = await connect();
    await begin();
    const begun = now();
    preset.worker.concurrentJobs = concurrency;
    await run({ preset, taskList: { noop: () => void started++ } });
    await until(() => started >= count);
    await until(() => drained(client));
    return { seconds: now() - begun, count };
  },

  async latency(count, concurrency, begin) {
    const client = await connect();
    const sent = [];
    const millis = [];
    preset.worker.concurrentJobs = concurrency;
    await run({
      preset,
      taskList: { noop: ({ number }) => void millis.push((now() - sent[number]) * 1000) },
    });
    await begin();
    await paced(count, 20, sent, (number) => add(client, number), () => millis.length);
    return { millis };
  },
});
