// fetch, as a page or a worker has it.

import assert from "node:assert/strict";
import * as asked from "./asked.mjs";

const post = async (url, body, headers = {}) => {
  const reply = await fetch(url, { method: "POST", body, headers });
  assert.equal(reply.status, 200, await reply.clone().text());
  return reply;
};

export async function stream(url) {
  const body = JSON.stringify({ messages: asked.MESSAGES, max_tokens: 12, temperature: 0, stream: true });
  const reply = await post(`${url}chat/v1/chat/completions`, body);
  const pieces = await asked.all(reply.body.pipeThrough(new TextDecoderStream()));
  assert.ok(pieces.length > 3);
  assert.ok(pieces.join("").trimEnd().endsWith("data: [DONE]"));
}

export async function transcription(url) {
  const form = new FormData();
  form.append("file", asked.recording(), "memo.ogg");
  const heard = await (await post(`${url}speech/`, form)).json();
  assert.match(heard.text.toLowerCase(), /library opens/);
}

export async function tasks(url) {
  const labels = await (await post(`${url}image-classification/`, asked.picture(), { "content-type": "image/png" })).json();
  assert.equal(labels[0].label, "3");
}
