// Cohere's own client for JavaScript.

import assert from "node:assert/strict";
import { CohereClientV2 } from "cohere-ai";
import * as asked from "./asked.mjs";

export async function rerank(url) {
  const client = new CohereClientV2({ token: asked.KEY, environment: `${url}rerank` });
  const given = { model: "default", query: asked.QUERY, documents: asked.RANKED, topN: 2 };
  const { results } = await client.rerank(given);
  assert.equal(results.length, 2);
  assert.equal(results[0].index, asked.BEST);
}
