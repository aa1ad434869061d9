// OpenAI's own client for JavaScript.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import * as asked from "./asked.mjs";

const client = (url, name = "chat") =>
  new OpenAI({ baseURL: `${url}${name}/v1`, apiKey: asked.KEY, maxRetries: 0, timeout: 600_000 });
const GREEDY = { model: "default", max_tokens: 60, temperature: 0 };

export async function chat(url) {
  const reply = await client(url).chat.completions.create({ ...GREEDY, messages: asked.MESSAGES });
  asked.checkCapital(reply.choices[0].message.content);
}

export async function stream(url) {
  const options = { ...GREEDY, messages: asked.MESSAGES, stream: true };
  const chunks = await asked.all(await client(url).chat.completions.create(options));
  assert.ok(chunks.length > 3);
  asked.checkCapital(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""));
}

export async function tools(url) {
  const reply = await client(url).chat.completions.create({
    ...GREEDY,
    messages: [{ role: "user", content: asked.ASKED_FOR_WEATHER }],
    tools: [{ type: "function", function: asked.WEATHER }],
    tool_choice: "required",
  });
  const [call] = reply.choices[0].message.tool_calls;
  asked.checkCall(call.function.name, call.function.arguments);
}

export async function structured(url) {
  const reply = await client(url).chat.completions.parse({
    ...GREEDY,
    messages: [{ role: "user", content: asked.ASKED_FOR_PERSON }],
    response_format: { type: "json_schema", json_schema: { name: "person", schema: asked.PERSON, strict: true } },
  });
  asked.checkPerson(reply.choices[0].message.content);
}

export async function responses(url) {
  const given = { model: "default", temperature: 0 };
  const reply = await client(url).responses.create({ ...given, input: asked.QUESTION });
  asked.checkCapital(reply.output_text);
  const events = await asked.all(await client(url).responses.create({ ...given, input: asked.QUESTION, stream: true }));
  const deltas = events.filter((event) => event.type === "response.output_text.delta");
  assert.equal(deltas.map((event) => event.delta).join(""), reply.output_text);
  const format = zodTextFormat(z.object({ name: z.string(), age: z.int() }), "person");
  const parsed = await client(url).responses.parse({ ...given, input: asked.ASKED_FOR_PERSON, text: { format } });
  asked.checkPerson(parsed.output_parsed);
}

export async function generation(url) {
  const reply = await client(url).completions.create({ ...GREEDY, max_tokens: 8, prompt: asked.PROMPT });
  asked.checkCapital(reply.choices[0].text);
}

export async function embeddings(url) {
  const input = [...asked.NEAR, asked.FAR];
  const reply = await client(url, "embeddings").embeddings.create({ model: "default", input });
  asked.checkVectors(reply.data.map((each) => each.embedding));
}

export async function transcription(url) {
  const file = createReadStream(asked.RECORDING);
  const heard = await client(url, "speech").audio.transcriptions.create({ file, model: "whisper-1" });
  assert.match(heard.text.toLowerCase(), /library opens/);
}

export async function images(url) {
  const options = { model: "default", prompt: "A lighthouse", size: "64x64", num_inference_steps: 1 };
  const reply = await client(url, "image").images.generate(options);
  assert.ok(reply.data[0].b64_json.length > 100);
}
