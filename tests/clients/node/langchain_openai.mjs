// LangChain for JavaScript, by OpenAI's client.

import assert from "node:assert/strict";
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from "@langchain/openai";
import * as asked from "./asked.mjs";

const at = (url, name) => ({
  model: "default",
  apiKey: asked.KEY,
  configuration: { baseURL: `${url}${name}/v1` },
  maxRetries: 0,
});
const model = (url, options = {}) => new ChatOpenAI({ ...at(url, "chat"), maxTokens: 60, temperature: 0, ...options });

export async function chat(url) {
  asked.checkCapital((await model(url).invoke(asked.QUESTION)).content);
}

export async function stream(url) {
  const chunks = await asked.all(await model(url).stream(asked.QUESTION));
  assert.ok(chunks.length > 3);
  asked.checkCapital(chunks.map((chunk) => chunk.content).join(""));
}

export async function tools(url) {
  const given = { tool_choice: "required" };
  const bound = model(url).bindTools([{ type: "function", function: asked.WEATHER }], given);
  const [call] = (await bound.invoke(asked.ASKED_FOR_WEATHER)).tool_calls;
  asked.checkCall(call.name, call.args);
}

export async function structured(url) {
  const schema = { title: "person", description: "A person", ...asked.PERSON };
  for (const method of ["jsonSchema", "functionCalling"]) {
    const formed = model(url).withStructuredOutput(schema, { name: "person", method });
    asked.checkPerson(await formed.invoke(asked.ASKED_FOR_PERSON));
  }
}

export async function responses(url) {
  const reply = await model(url, { useResponsesApi: true }).invoke(asked.QUESTION);
  asked.checkCapital(reply.text);
}

export async function generation(url) {
  const completion = new OpenAI({ ...at(url, "chat"), maxTokens: 8, temperature: 0 });
  asked.checkCapital(await completion.invoke(asked.PROMPT));
}

export async function embeddings(url) {
  const vectors = await new OpenAIEmbeddings(at(url, "embeddings")).embedDocuments([...asked.NEAR, asked.FAR]);
  asked.checkVectors(vectors);
}

export async function row_3(url) {
  // 512 texts a call are the default.
  const texts = asked.documents().slice(0, 512);
  assert.equal((await new OpenAIEmbeddings(at(url, "embeddings")).embedDocuments(texts)).length, 512);
}
