// pg-boss, with every batching it documents: batches, several workers, bursts while batches come full, notifications.

import pg from "pg";
import { PgBoss } from "pg-boss";

import { now, paced, pause, produce, serve, until } from "./protocol.mjs";

const connectionString = process.env.DATABASE_URL;
const QUEUE = "noop";
const BATCH = 200;

const options = {
  connectionString,
  max: 10,
  schedule: false,
  useListenNotify: true,
};

/** Polls as often as it may: with notifications on, its default is one look in 30 s. */
const work = (workers) => ({
  batchSize: BATCH,
  localConcurrency: workers,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 0.5,
});

async function start() {
  const boss = new PgBoss(options);
  boss.on("error", (error) => console.error(error));
  await boss.start();
  return boss;
}

async function connect() {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** Its way to add a job in the caller's transaction is to be given what runs its statements. */
async function add(boss, client, number) {
  await client.query("begin");
  const db = { executeSql: (text, values) => client.query(text, values) };
  await boss.send(QUEUE, { number }, { db });
  await client.query("commit");
}

async function drained(client) {
  const left = "select exists(select from pgboss.job where state < 'completed') as left";
  const { rows } = await client.query(left);
  return !rows[0].left;
}

await serve({
  async setup(_count, _concurrency, begin) {
    await begin();
    const boss = await start();
    await boss.createQueue(QUEUE, { notify: true });
    await boss.stop();
    return {};
  },

  async fill(count, _concurrency, begin) {
    const boss = await start();
    await begin();
    for (let done = 0; done < count; done += 1000) {
      const jobs = Array.from({ length: Math.min(1000, count - done) }, (_, at) => ({ data: { number: done + at } }));
      await boss.insert(QUEUE, jobs);
    }
    return {};
  },

  async enqueue(count, producers, begin) {
    const boss = await start();
    const clients = await Promise.all(Array.from({ length: producers }, connect));
    await begin();
    return produce(count, producers, clients, (client) => add(boss, client, 0));
  },

  async drain(count, workers, begin) {
    let started = 0;
    const boss = await start();
    const client = await connect();
    await begin();
    const begun = now();
    await boss.work(QUEUE, work(workers), async (jobs) => void (started += jobs.length));
    await until(() => started >= count);
    await until(() => drained(client));
    return { seconds: now() - begun, count };
  },

  async latency(count, workers, begin) {
    const boss = await start();
    const client = await connect();
    const sent = [];
    const millis = [];
    await boss.work(QUEUE, work(workers), async (jobs) => {
      const at = now();
      for (const job of jobs) millis.push((at - sent[job.data.number]) * 1000);
    });
    // The listener connects beside the workers.
    await pause(500);
    await begin();
    await paced(count, 20, sent, (number) => add(boss, client, number), () => millis.length);
    return { millis };
  },
});
