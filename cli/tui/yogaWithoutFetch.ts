// Yoga, which lays out for Ink, would fetch its own WebAssembly from a `data:` address: Node loads undici for that, and it takes longer than
// all the rest of Ink. Where nothing streams, Yoga decodes it itself. Nobody else in this process compiles WebAssembly.
Reflect.deleteProperty(Reflect.get(globalThis, 'WebAssembly') as object, 'instantiateStreaming');
