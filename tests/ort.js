// ort.js - runs files in ONNX Runtime and compares: `node ort.js TOLERANCE < LINES`; how long a model
// and a file made of it run: `node ort.js --time MODEL FILE`.
//
// A line is {"case":NAME, "model":FILE, "in":[[INPUT, NPY], ..], "out":[[OUTPUT, NPY], ..]}; with
// "rows" only so many rows of inputs are fed, and it may have a tolerance of its own. The largest difference counts relative to the largest element of all outputs, or to 1/10, as 1 - y^2 of
// a y near 1 has no more digits. What ONNX Runtime has no kernel for is not run, and listed. Status 1:
// some output differs, or nothing ran.
'use strict';
const fs = require('fs');
const ort = require('onnxruntime-node');
const tolerance = Number(process.argv[2]);

function npy(path) {
    const bytes = fs.readFileSync(path), head = bytes.readUInt16LE(8) + 10;
    const text = bytes.toString('latin1', 10, head);
    const kind = /'descr': *'(.)(..)'/.exec(text)[2];
    const shape = /'shape': *\(([^)]*)\)/.exec(text)[1].split(',').filter((s) => s.trim()).map(Number);
    const copy = bytes.buffer.slice(bytes.byteOffset + head, bytes.byteOffset + bytes.length);
    const types = { f4: Float32Array, f8: Float64Array, i8: BigInt64Array, b1: Uint8Array, i4: Int32Array };
    return { shape, data: new types[kind](copy) };
}

const arrays = {
    float32: Float32Array, float64: Float64Array, int64: BigInt64Array, uint64: BigUint64Array,
    int32: Int32Array, uint32: Uint32Array, int16: Int16Array, uint16: Uint16Array,
    int8: Int8Array, uint8: Uint8Array, bool: Uint8Array
};

// The first rows of an array.
function head(array, rows) {
    if (rows === undefined || array.shape[0] <= rows)
        return array;
    const shape = [rows, ...array.shape.slice(1)];
    return { shape, data: array.data.slice(0, shape.reduce((a, b) => a * b, 1)) };
}

// The bits of a number of 16 bits, rounded towards zero: cases hold such numbers exactly.
function half(value) {
    const bits = new Uint32Array(new Float32Array([value]).buffer)[0];
    const exponent = (bits >>> 23 & 255) - 112, sign = bits >>> 16 & 0x8000;
    return exponent <= 0 ? sign : sign | Math.min(exponent, 31) << 10 | bits >>> 13 & 1023;
}

// The array as a tensor of the type that the file takes.
function tensor(type, array) {
    if (type === 'float16')
        return new ort.Tensor(type, Uint16Array.from(array.data, half), array.shape);
    const big = type === 'int64' || type === 'uint64';
    const made = new arrays[type](array.data.length);
    for (let i = 0; i < made.length; i++)
        made[i] = big ? BigInt(array.data[i]) : Number(array.data[i]);
    return new ort.Tensor(type, made, array.shape);
}

// The largest difference and the largest element so far.
function compare(got, want, so_far) {
    if (got.length !== want.length)
        so_far.difference = Infinity;
    for (let i = 0; i < want.length; i++) {
        const x = Number(got[i]), y = Number(want[i]);
        if (x === y || (Number.isNaN(x) && Number.isNaN(y)))
            continue;
        so_far.difference = Math.max(so_far.difference, Number.isNaN(x - y) ? Infinity : Math.abs(x - y));
    }
    for (const y of want)
        if (Number.isFinite(Number(y)))
            so_far.largest = Math.max(so_far.largest, Math.abs(Number(y)));
}

async function run(line) {
    const session = await ort.InferenceSession.create(line.model, { logSeverityLevel: 4, intraOpNumThreads: 1 });
    const feeds = {};
    for (const [name, path] of line.in) {
        const input = session.inputMetadata.find((m) => m.name === name);
        if (input !== undefined)
            feeds[name] = tensor(input.type, head(npy(path), line.rows));
    }
    const results = await session.run(feeds);
    const so_far = { difference: 0, largest: 0.1 };
    for (const [name, path] of line.out)
        compare(results[name].data, npy(path).data, so_far);
    await session.release();
    return so_far.difference / so_far.largest;
}

// Numbers for all inputs; an open dimension is 1.
function any_feeds(session) {
    const feeds = {};
    for (const input of session.inputMetadata) {
        const shape = input.shape.map((d) => (typeof d === 'number' && d > 0 ? d : 1));
        const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
            input.type.startsWith('int') ? i % 2 : Math.sin(i + 1));
        feeds[input.name] = tensor(input.type, { shape, data });
    }
    return feeds;
}

// Alternating runs, so that both meet the same machine: the least processor time of each. Other load on
// the machine hardly changes it.
async function time(files) {
    const all = [];
    for (const file of files) {
        const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: 1 });
        all.push({ session, feeds: any_feeds(session), least: Infinity });
    }
    for (let k = 0; k < 40; k++)
        for (const one of all) {
            const start = process.cpuUsage();
            await one.session.run(one.feeds);
            const used = process.cpuUsage(start);
            one.least = Math.min(one.least, (used.user + used.system) / 1e3);
        }
    return all.map((one) => one.least);
}

// Nodes of a file's graph, Constant ones apart: the wire format is walked, strings are not read.
function nodes(file) {
    const bytes = fs.readFileSync(file);
    function* fields(at, end) {
        const varint = () => {
            let value = 0, scale = 1;
            for (;; scale *= 128) {
                const byte = bytes[at++];
                value += (byte & 127) * scale;
                if (byte < 128)
                    return value;
            }
        };
        while (at < end) {
            const key = varint(), kind = key & 7;
            const length = kind === 2 ? varint() : kind === 5 ? 4 : kind === 1 ? 8 : 0;
            yield [Math.floor(key / 8), at, at + length];
            if (kind === 0)
                varint();
            else
                at += length;
        }
    }
    let count = 0;
    for (const [field, from, to] of fields(0, bytes.length))
        if (field === 7)
            for (const [part, start, end] of fields(from, to))
                if (part === 1)
                    for (const [name, a, b] of fields(start, end))
                        count += name === 4 && bytes.toString('latin1', a, b) !== 'Constant';
    return count;
}

async function print_times(files) {
    const [model, file] = await time(files), [before, after] = files.map(nodes);
    console.log(`${files[0].replace(/.*\//, '')}: ${before} and ${after} nodes, ${(after / before).toFixed(2)}; ` +
        `${model.toFixed(2)} and ${file.toFixed(2)} ms, ${(file / model).toFixed(2)}`);
}

async function compare_all() {
    let passed = 0, failed = 0, missing = 0, largest = 0;
    for (const text of fs.readFileSync(0, 'utf8').split('\n').filter((s) => s)) {
        const line = JSON.parse(text);
        try {
            const worst = await run(line);
            if (worst <= (line.tolerance || tolerance)) {
                largest = Math.max(largest, worst);
                passed++;
            } else {
                failed++;
                console.log(`FAILED ${line.case}: ${worst.toExponential(1)}`);
            }
        } catch (e) {
            const why = String(e.message).split('\n')[0];
            const absent = /NOT_IMPLEMENTED|Could not find an implementation/.test(why);
            missing += absent;
            failed += !absent;
            console.log(`${absent ? 'not run' : 'FAILED'} ${line.case}: ${why.slice(0, 200)}`);
        }
    }
    console.log(`${passed} passed, largest difference ${largest.toExponential(1)}; ${failed} failed; ` +
        `${missing} without a kernel in ONNX Runtime`);
    process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

if (process.argv[2] === '--time')
    print_times(process.argv.slice(3));
else
    compare_all();
