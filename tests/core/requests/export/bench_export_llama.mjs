// Greedy tokens of llama.cpp for the cases of a JSON file: [{model, text, ids, tokens}]. Prints
// [{ids, next}]: what llama.cpp makes of the text, and the tokens that follow `ids`.
// Usage: node bench_export_llama.mjs CASES.json OUT.json
import {readFileSync, writeFileSync} from "fs";
import {getLlama} from "node-llama-cpp";

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const llama = await getLlama({gpu: false, build: "never", maxThreads: 1});
const results = [];
for (const one of cases) {
    const model = await llama.loadModel({modelPath: one.model});
    const context = await model.createContext({contextSize: 256, threads: 1});
    const sequence = context.getSequence();
    const next = [];
    for await (const token of sequence.evaluate(one.ids, {temperature: 0})) {
        next.push(token);
        if (next.length >= one.tokens) break;
    }
    results.push({ids: one.text ? model.tokenize(one.text, false) : [], next});
    await context.dispose();
    await model.dispose();
}
writeFileSync(process.argv[3], JSON.stringify(results));
process.exit(0);
