// The Hub's own client for JavaScript: each method for which a function stands.

import assert from "node:assert/strict";
import { InferenceClient } from "@huggingface/inference";
import * as asked from "./asked.mjs";

const client = (url, name) => new InferenceClient(asked.KEY).endpoint(`${url}${name}`);

export async function chat(url) {
  const reply = await client(url, "chat").chatCompletion({ messages: asked.MESSAGES, max_tokens: 12, temperature: 0 });
  asked.checkCapital(reply.choices[0].message.content);
}

export async function stream(url) {
  const given = { messages: asked.MESSAGES, max_tokens: 12, temperature: 0 };
  const chunks = await asked.all(client(url, "chat").chatCompletionStream(given));
  assert.ok(chunks.length > 3);
  asked.checkCapital(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""));
}

export async function tools(url) {
  const reply = await client(url, "chat").chatCompletion({
    messages: [{ role: "user", content: asked.ASKED_FOR_WEATHER }],
    tools: [{ type: "function", function: asked.WEATHER }],
    tool_choice: "required",
    max_tokens: 60,
  });
  const [call] = reply.choices[0].message.tool_calls;
  asked.checkCall(call.function.name, call.function.arguments);
}

export async function structured(url) {
  const reply = await client(url, "chat").chatCompletion({
    messages: [{ role: "user", content: asked.ASKED_FOR_PERSON }],
    response_format: { type: "json_schema", json_schema: { name: "person", schema: asked.PERSON } },
    max_tokens: 60,
  });
  asked.checkPerson(reply.choices[0].message.content);
}

export async function generation(url) {
  const given = { inputs: asked.PROMPT, parameters: { max_new_tokens: 8 } };
  const { generated_text } = await client(url, "chat").textGeneration(given);
  asked.checkCapital(generated_text);
  const chunks = await asked.all(client(url, "chat").textGenerationStream(given));
  assert.ok(chunks.length > 2);
  // At an endpoint the client asks for OpenAI's completions, and hands on what comes.
  assert.equal(chunks.map((chunk) => chunk.token?.text ?? chunk.choices[0].text).join(""), generated_text);
}

export async function embeddings(url) {
  asked.checkVectors(await client(url, "embeddings").featureExtraction({ inputs: [...asked.NEAR, asked.FAR] }));
}

export async function transcription(url) {
  const heard = await client(url, "speech").automaticSpeechRecognition({ data: asked.recording() });
  assert.match(heard.text.toLowerCase(), /library opens/);
}

export async function images(url) {
  const parameters = { height: 64, width: 64, num_inference_steps: 1 };
  const blob = await client(url, "image").textToImage({ inputs: "A lighthouse", parameters });
  assert.ok(blob.size > 100);
}

export async function tasks(url) {
  const [label] = await client(url, "sentiment").textClassification({ inputs: "What a lovely day!" });
  assert.equal(label.label, "POSITIVE");
  const filled = await client(url, "fill-mask").fillMask({ inputs: "Paris is the <mask> of France." });
  assert.ok(filled[0].token_str);
  const context = "Clara built the bridge in 1912.";
  const answer = await client(url, "question-answering").questionAnswering({ inputs: { question: "Who?", context } });
  assert.equal(context.slice(answer.start, answer.end), answer.answer);
  const inputs = "Zoë flew from Lisbon to Toronto.";
  assert.ok(Array.isArray(await client(url, "entities").tokenClassification({ inputs })));
  const translated = await client(url, "translation").translation({ inputs: "two hundred and six" });
  assert.equal(translated.translation_text, "206");
  const short = await client(url, "summarization").summarization({
    inputs: "The library opened. ".repeat(20),
    parameters: { max_new_tokens: 12 },
  });
  assert.equal(typeof short.summary_text, "string");
  const sentences = { source_sentence: asked.NEAR[0], sentences: [asked.NEAR[1], asked.FAR] };
  const [near, far] = await client(url, "similarity").sentenceSimilarity({ inputs: sentences });
  assert.ok(near > far);
  const [named] = await client(url, "image-classification").imageClassification({ data: asked.picture() });
  assert.equal(named.label, "3");
}

export async function row_1(url) {
  // The client sends the endpoint's URL as the model's name.
  await chat(url);
  await stream(url);
  await generation(url);
}

export async function row_8(url) {
  const given = { inputs: ["My parcel is late."], parameters: { candidate_labels: ["delivery", "praise"] } };
  const labels = await client(url, "classification").zeroShotClassification(given);
  assert.deepEqual(labels.map((each) => each.label ?? each.labels?.[0]).sort().length > 0, true);
  const one = { ...given, inputs: given.inputs[0] };
  assert.deepEqual(await client(url, "classification").zeroShotClassification(one), labels);
}
