// What every client is asked, and what a right answer has; tests/clients/python/asked.py has the same.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const KEY = "none";
export const QUESTION = "Say Paris.";
// The demo model would tell a story, which agents take for a failure when it is cut.
export const BRIEFLY = "Answer in one sentence.";
export const MESSAGES = [{ role: "user", content: QUESTION }];
export const PROMPT = "The capital of France is";
export const PERSON = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 20 },
    age: { type: "integer", minimum: 0, maximum: 120 },
  },
  required: ["name", "age"],
  additionalProperties: false,
};
export const ASKED_FOR_PERSON = "Ann is 41 years old. Write it as JSON.";
export const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};
export const ASKED_FOR_WEATHER = "What is the weather in Paris?";
export const NEAR = ["The cat sleeps on the sofa.", "A kitten is napping on the couch."];
export const FAR = "The train was late again.";
export const QUERY = "Where is the cat?";
export const RANKED = ["It rains in Oslo.", "The cat sleeps on the sofa.", "Trains are late."];
export const BEST = 1;
export const INDEXED = 5000;

const EXAMPLES = new URL("../../../inference/tasks/examples/", import.meta.url);
export const RECORDING = new URL("sentence.ogg", EXAMPLES);
export const recording = () => new Blob([readFileSync(RECORDING)], { type: "audio/ogg" });
export const picture = () => new Blob([readFileSync(new URL("three.png", EXAMPLES))], { type: "image/png" });

export function checkCapital(text) {
  assert.match(text, /Paris/);
}

export function checkPerson(text) {
  const person = typeof text === "string" ? JSON.parse(text) : text;
  assert.deepEqual(Object.keys(person).sort(), ["age", "name"]);
  assert.equal(typeof person.name, "string");
  assert.ok(Number.isInteger(person.age));
}

export function checkCall(name, given) {
  const read = typeof given === "string" ? JSON.parse(given) : given;
  assert.equal(name, "get_weather");
  assert.deepEqual(Object.keys(read), ["city"]);
}

export function cosine(one, other) {
  const product = (a, b) => a.reduce((sum, value, place) => sum + value * b[place], 0);
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other));
}

export function checkVectors([one, near, far]) {
  assert.equal(one.length, 384);
  assert.ok(cosine(one, near) > 0.5);
  assert.ok(cosine(one, far) < 0.5);
}

export function documents() {
  const topics = ["bread", "bridges", "clouds", "engines", "harbours", "music", "rivers", "trains"];
  return Array.from({ length: INDEXED }, (_, number) => `Note ${number} tells of ${topics[number % 8]}.`);
}

export async function all(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}
