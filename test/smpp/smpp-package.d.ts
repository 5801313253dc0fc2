/** The part of the `smpp` package that the tests use as an independent codec. */
declare module 'smpp' {
  interface SmppPdu {
    command: string;
    command_id: number;
    command_status: number;
    sequence_number: number;
    [field: string]: unknown;
    toBuffer(): Buffer;
  }
  const smpp: {
    PDU: {
      new (command: string, fields?: Record<string, unknown>): SmppPdu;
      new (octets: Buffer): SmppPdu;
    };
    errors: Record<string, number>;
    commands: Record<string, { id: number }>;
    tlvs: Record<string, { id: number }>;
  };
  export default smpp;
}
