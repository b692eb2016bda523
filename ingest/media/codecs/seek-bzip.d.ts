/** seek-bzip has no types of its own; only what is used here. */
declare module 'seek-bzip' {
  interface ByteInput {
    readByte(): number;
    read(into: Buffer, offset: number, length: number): number;
    eof(): boolean;
  }
  interface ByteOutput {
    writeByte(byte: number): void;
  }
  const Bunzip: { decode(input: ByteInput, output: ByteOutput): unknown };
  export default Bunzip;
}
