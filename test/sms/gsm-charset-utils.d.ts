declare module '@trt2/gsm-charset-utils' {
  export function isGsmChar(char: string): boolean;
  export function getCharCount(text: string): {
    charCount: number;
    msgCount: number;
    charsPerSegment: number;
    encoding: 'GSM' | 'UCS2';
  };
}
