// The AWS SDK for JavaScript: direct invokes, whole and in pieces.

import assert from "node:assert/strict";
import { InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";
import * as asked from "./asked.mjs";

const client = (url) =>
  new LambdaClient({
    endpoint: url.replace(/\/$/, ""),
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });

async function answer(url, name, event) {
  const given = { FunctionName: `hublet-${name}`, Payload: JSON.stringify(event) };
  const reply = await client(url).send(new InvokeCommand(given));
  const said = JSON.parse(Buffer.from(reply.Payload).toString());
  assert.equal(reply.FunctionError, undefined, JSON.stringify(said));
  return said;
}

const event = (body) => ({
  version: "2.0",
  rawPath: "/v1/chat/completions",
  headers: {},
  requestContext: { http: { method: "POST", path: "/v1/chat/completions" } },
  body: JSON.stringify({ messages: asked.MESSAGES, max_tokens: 12, temperature: 0, ...body }),
});

export async function chat(url) {
  const given = { FunctionName: "hublet-chat", Payload: JSON.stringify(event({})) };
  const reply = await client(url).send(new InvokeCommand(given));
  const [prelude, said] = Buffer.from(reply.Payload).toString().split("\0".repeat(8)); // the function's URL streams
  assert.equal(JSON.parse(prelude).statusCode, 200);
  asked.checkCapital(JSON.parse(said).choices[0].message.content);
}

export async function stream(url) {
  const given = { FunctionName: "hublet-chat", Payload: JSON.stringify(event({ stream: true })) };
  const reply = await client(url).send(new InvokeWithResponseStreamCommand(given));
  const messages = await asked.all(reply.EventStream);
  assert.equal(messages.at(-1).InvokeComplete.ErrorCode, undefined);
  assert.ok(messages.length > 4);
}

export async function embeddings(url) {
  asked.checkVectors(await answer(url, "embeddings", { inputs: [...asked.NEAR, asked.FAR] }));
}

export async function tasks(url) {
  const [[label]] = await answer(url, "sentiment", { text: "What a lovely day!" });
  assert.equal(label.label, "POSITIVE");
}
