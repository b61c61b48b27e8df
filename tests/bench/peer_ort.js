// A timer (see timer.h) of forward passes of ONNX Runtime, npm's onnxruntime-node.
// usage: node peer_ort.js MODEL.onnx BATCH THREADS SHAPE   the shape of one sample, as 3,224,224
const ort = require('onnxruntime-node');
const [model, batch, threads, shape] = process.argv.slice(2);
const dims = [+batch, ...shape.split(',').map(Number)];

(async () => {
  const session = await ort.InferenceSession.create(model, {intraOpNumThreads: +threads,
    interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all'});
  const data = new Float32Array(dims.reduce((a, b) => a * b));
  for (let i = 0, s = 1; i < data.length; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    data[i] = s / 4294967296;
  }
  const feed = {[session.inputNames[0]]: new ort.Tensor('float32', data, dims)};
  await session.run(feed);
  console.log('ready');
  for await (const line of require('readline').createInterface({input: process.stdin})) {
    const begin = process.hrtime.bigint();
    await session.run(feed);
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    console.log(seconds.toFixed(9), (process.resourceUsage().maxRSS / 1024).toFixed(3));
  }
})();
