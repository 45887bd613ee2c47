// Does the work that a form is asked for before it is sent: finds the number for which the SHA-256 of
// "<challenge>.<number>" begins with enough zero bits. Hashed here, since the browser's own digest answers one promise at a
// time and is away where pages are not secure.
"use strict";
(() => {
  const K = [];
  const H = [];
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
  for (let n = 2; K.length < 64; n += 1) {
    let prime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) prime = false;
    if (prime) {
      if (H.length < 8) H.push(fraction(Math.sqrt(n)));
      K.push(fraction(Math.cbrt(n)));
    }
  }
  const k = Int32Array.from(K);
  const w = new Int32Array(64);

  /** Takes 64 bytes of the view into the state. */
  function mix(hash, view, at) {
    for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(at + i * 4);
    for (let i = 16; i < 64; i += 1) {
      const a = w[i - 15];
      const b = w[i - 2];
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let a = hash[0], b = hash[1], c = hash[2], d = hash[3];
    let e = hash[4], f = hash[5], g = hash[6], h = hash[7];
    for (let i = 0; i < 64; i += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    hash[0] += a; hash[1] += b; hash[2] += c; hash[3] += d;
    hash[4] += e; hash[5] += f; hash[6] += g; hash[7] += h;
  }

  function zeroBits(hash) {
    let bits = 0;
    for (let i = 0; i < 8; i += 1) {
      bits += Math.clz32(hash[i]);
      if (hash[i] !== 0) break;
    }
    return bits;
  }

  /** The proof of a piece of work; makes room for the page from time to time. */
  async function work(challenge, difficulty) {
    const prefix = new TextEncoder().encode(`${challenge}.`);
    const whole = prefix.length & ~63;
    const begun = Int32Array.from(H);
    const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
    for (let at = 0; at < whole; at += 64) mix(begun, view, at);
    const rest = prefix.subarray(whole);
    const tail = new Uint8Array(128);
    const end = new DataView(tail.buffer);
    const hash = new Int32Array(8);
    for (let number = 0; ; number += 1) {
      const digits = String(number);
      tail.fill(0);
      tail.set(rest);
      for (let i = 0; i < digits.length; i += 1) tail[rest.length + i] = digits.charCodeAt(i);
      const length = rest.length + digits.length;
      tail[length] = 128;
      const blocks = length < 56 ? 64 : 128;
      end.setUint32(blocks - 4, (whole + length) * 8);
      hash.set(begun);
      for (let at = 0; at < blocks; at += 64) mix(hash, end, at);
      if (zeroBits(hash) >= difficulty) return `${challenge}.${number}`;
      if (number % 20000 === 19999) await new Promise((go) => setTimeout(go));
    }
  }

  async function fill(field) {
    const asked = await fetch("/v1/captcha/challenges", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ operation: field.dataset.captchaWork }),
    });
    if (!asked.ok) throw new Error("no challenge");
    const { challenge, difficulty } = await asked.json();
    field.value = await work(challenge, difficulty);
  }

  if (typeof document === "undefined") {
    globalThis.usherWork = work;
    return;
  }
  for (const field of document.querySelectorAll("[data-captcha-work]")) {
    const form = field.form;
    const [busy, failed] = ["busy", "failed"].map((name) => form.querySelector(`[data-captcha-${name}]`));
    form.addEventListener("submit", async (event) => {
      if (field.value) return;
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      busy.hidden = false;
      failed.hidden = true;
      try {
        await fill(field);
        form.submit();
      } catch {
        failed.hidden = false;
        button.disabled = false;
      }
      busy.hidden = true;
    });
  }
})();
