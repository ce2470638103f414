/**
 * Gives the memory of bytes back at once, where nothing else is in it; nobody may read them any more. What is left to the garbage
 * collector is freed late, and by megabytes it makes the collector stop the event loop again and again, for some 10 ms each.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength > 0 && buffer.byteLength === byteLength) buffer.transfer(0);
}
