// The OpenAI agents SDK for JavaScript, by responses (its default) and by chat completions.

import assert from "node:assert/strict";
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import * as asked from "./asked.mjs";

setTracingDisabled(true);

const agent = (url, Model, options = {}) => {
  const client = new OpenAI({ baseURL: `${url}chat/v1`, apiKey: asked.KEY, maxRetries: 0 });
  const modelSettings = { temperature: 0, ...options.modelSettings };
  return new Agent({ name: "helper", model: new Model(client, "default"), ...options, modelSettings });
};

export async function chat(url) {
  asked.checkCapital((await run(agent(url, OpenAIChatCompletionsModel), asked.QUESTION)).finalOutput);
}

export async function responses(url) {
  asked.checkCapital((await run(agent(url, OpenAIResponsesModel, { instructions: asked.BRIEFLY }), asked.QUESTION)).finalOutput);
}

export async function stream(url) {
  const result = await run(agent(url, OpenAIResponsesModel, { instructions: asked.BRIEFLY }), asked.QUESTION, { stream: true });
  const pieces = await asked.all(result.toTextStream());
  assert.ok(pieces.length > 3);
  asked.checkCapital(pieces.join(""));
}

export async function tools(url) {
  for (const Model of [OpenAIResponsesModel, OpenAIChatCompletionsModel]) {
    const cities = [];
    const weather = tool({
      name: "get_weather",
      description: "The weather in a city",
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        cities.push(city);
        return `sunny in ${city}`;
      },
    });
    const options = { tools: [weather], modelSettings: { toolChoice: "required" }, toolUseBehavior: "stop_on_first_tool" };
    const result = await run(agent(url, Model, options), asked.ASKED_FOR_WEATHER);
    assert.equal(result.finalOutput, `sunny in ${cities[0]}`);
  }
}

export async function structured(url) {
  const outputType = z.object({ name: z.string(), age: z.int() });
  asked.checkPerson((await run(agent(url, OpenAIResponsesModel, { outputType }), asked.ASKED_FOR_PERSON)).finalOutput);
}
