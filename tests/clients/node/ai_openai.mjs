// Vercel's ai, by its provider for OpenAI: responses by default.

import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import {
  embedMany,
  experimental_generateImage as generateImage,
  experimental_transcribe as transcribe,
  generateObject,
  generateText,
  jsonSchema,
  streamText,
  tool,
} from "ai";
import { readFileSync } from "node:fs";
import * as asked from "./asked.mjs";

const provider = (url, name = "chat") => createOpenAI({ baseURL: `${url}${name}/v1`, apiKey: asked.KEY });
const GREEDY = { maxOutputTokens: 60, temperature: 0, maxRetries: 0 };

export async function chat(url) {
  const { text } = await generateText({ ...GREEDY, model: provider(url).chat("default"), prompt: asked.QUESTION });
  asked.checkCapital(text);
}

export async function responses(url) {
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
  const schema = jsonSchema(asked.PERSON);
  const model = provider(url)("default");
  const { object } = await generateObject({ ...GREEDY, model, schema, prompt: asked.ASKED_FOR_PERSON });
  asked.checkPerson(object);
}

export async function embeddings(url) {
  const model = provider(url, "embeddings").embedding("default");
  const { embeddings } = await embedMany({ model, values: [...asked.NEAR, asked.FAR], maxRetries: 0 });
  asked.checkVectors(embeddings);
}

export async function transcription(url) {
  const model = provider(url, "speech").transcription("whisper-1");
  const { text } = await transcribe({ model, audio: readFileSync(asked.RECORDING), maxRetries: 0 });
  assert.match(text.toLowerCase(), /library opens/);
}

export async function images(url) {
  const model = provider(url, "image").image("default");
  const options = { openai: { num_inference_steps: 1 } };
  const { image } = await generateImage({ model, prompt: "A cat", size: "64x64", providerOptions: options });
  assert.ok(image.uint8Array.length > 100);
}

export async function row_27(url) {
  await responses(url);
  await stream(url);
  await tools(url);
}
