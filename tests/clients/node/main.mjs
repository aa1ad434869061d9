// `node main.mjs URL CLIENT [NAME...]`: one line of JSON for each thing that was asked, as the Python clients' main does.

const [url, client, ...names] = process.argv.slice(2);
const asked = await import(`./${client}.mjs`);
for (const name of Object.keys(asked).sort()) {
  if (names.length && !names.includes(name)) continue;
  const started = performance.now();
  let error = null;
  try {
    await asked[name](url);
  } catch (raised) {
    console.error(raised);
    error = `${raised.name}: ${raised.message}`;
  }
  const took_s = Math.round((performance.now() - started) / 10) / 100;
  console.log(JSON.stringify({ name, error, took_s }));
}
process.exit(0); // kept-alive connections would hold the process for seconds
