// Vercel's ai, by its provider for servers of OpenAI's form.

import assert from "node:assert/strict";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateObject, generateText, jsonSchema, streamText, tool } from "ai";
import * as asked from "./asked.mjs";

const provider = (url, name = "chat", options = {}) =>
  createOpenAICompatible({ name: "hublet", baseURL: `${url}${name}/v1`, apiKey: asked.KEY, ...options });
const GREEDY = { maxOutputTokens: 60, temperature: 0, maxRetries: 0 };

export async function chat(url) {
  const { text } = await generateText({ ...GREEDY, model: provider(url)("default"), prompt: asked.QUESTION });
  asked.checkCapital(text);
}

export async function stream(url) {
  const { textStream } = streamText({ ...GREEDY, model: provider(url)("default"), prompt: asked.QUESTION });
  const pieces = await asked.all(textStream);
  assert.ok(pieces.length > 3);
  asked.checkCapital(pieces.join(""));
}

export async function tools(url) {
  const { toolCalls } = await generateText({
    ...GREEDY,
    model: provider(url)("default"),
    prompt: asked.ASKED_FOR_WEATHER,
    tools: { get_weather: tool({ inputSchema: jsonSchema(asked.WEATHER.parameters) }) },
    toolChoice: "required",
  });
  asked.checkCall(toolCalls[0].toolName, toolCalls[0].input);
}

export async function structured(url) {
  const model = provider(url, "chat", { supportsStructuredOutputs: true })("default");
  const schema = jsonSchema(asked.PERSON);
  const { object } = await generateObject({ ...GREEDY, model, schema, prompt: asked.ASKED_FOR_PERSON });
  asked.checkPerson(object);
}

export async function generation(url) {
  const model = provider(url).completionModel("default");
  const { text } = await generateText({ ...GREEDY, maxOutputTokens: 8, model, prompt: asked.PROMPT });
  assert.ok(text.length);
}

export async function embeddings(url) {
  const model = provider(url, "embeddings").embeddingModel("default");
  const { embeddings } = await embedMany({ model, values: [...asked.NEAR, asked.FAR], maxRetries: 0 });
  asked.checkVectors(embeddings);
}

export async function images(url) {
  const { experimental_generateImage: generateImage } = await import("ai");
  const model = provider(url, "image").imageModel("default");
  const options = { hublet: { num_inference_steps: 1 } };
  const { image } = await generateImage({ model, prompt: "A lighthouse", size: "64x64", providerOptions: options });
  assert.ok(image.uint8Array.length > 100);
}

export async function index(url) {
  // With the defaults: 2,048 texts a call.
  const model = provider(url, "embeddings").embeddingModel("default");
  const values = asked.documents();
  const { embeddings } = await embedMany({ model, values });
  assert.equal(embeddings.length, asked.INDEXED);
  const { embeddings: [again] } = await embedMany({ model, values: [values.at(-1)] });
  const scores = embeddings.map((each) => asked.cosine(again, each));
  assert.equal(scores.indexOf(Math.max(...scores)), asked.INDEXED - 1);
}
