// What every peer program here has in common: its arguments, the word that it is ready, and its one line of answer.

import { createInterface } from "node:readline";

/**
 * Runs the task that the arguments name: `<task> <count> <concurrency>`.
 *
 * A task is `async (count, concurrency, begin) => answer`. It prepares itself, awaits `begin()`, which says `ready` and
 * returns when the driver says go, works, and answers `{seconds, count}` or `{millis}`. What it holds open stays open
 * until the driver has read the processors' time and closes our input.
 */
export async function serve(tasks) {
  const [name, count, concurrency] = process.argv.slice(2);
  const task = tasks[name];
  if (!task) {
    console.log(JSON.stringify({ unsupported: true }));
    return;
  }
  const input = createInterface({ input: process.stdin });
  const closed = new Promise((resolve) => input.once("close", resolve));
  const begin = () => {
    console.log("ready");
    return new Promise((resolve) => input.once("line", resolve));
  };
  const answer = await task(Number(count), Number(concurrency), begin);
  console.log(JSON.stringify(answer));
  await closed;
  process.exit(0);
}

/** Seconds on a clock that never steps back. */
export const now = () => performance.now() / 1000;

export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Divides `count` calls among `producers` that each make theirs one after another, each with its own client. */
export async function produce(count, producers, clients, call) {
  const each = Math.ceil(count / producers);
  const begun = now();
  await Promise.all(
    clients.slice(0, producers).map(async (client) => {
      for (let done = 0; done < each; done++) await call(client);
    }),
  );
  return { seconds: now() - begun, count: each * producers };
}

/** Asks until the answer is yes. */
export async function until(asked) {
  while (!(await asked())) await pause(5);
}

/** Sends one job every `tempo` milliseconds and waits until all have started; `sent` fills in when each was sent. */
export async function paced(count, tempo, sent, send, started) {
  for (let number = 0; number < count; number++) {
    const due = now() + tempo / 1000;
    sent[number] = now();
    await send(number);
    const left = (due - now()) * 1000;
    if (left > 0) await pause(left);
  }
  await until(() => started() >= count);
}
