/// Writes whole frames (RFC 6455, section 5.2).
enum Frame {
  /// Appends an unfragmented frame to `output`, masked if a key is given.
  static func append(
    _ opcode: Opcode, _ payload: some Collection<UInt8>,
    maskingKey: MaskingKey?, to output: inout [UInt8]
  ) {
    let header = FrameHeader(
      isFinal: true, opcode: opcode, payloadBytes: payload.count, maskingKey: maskingKey)
    header.append(to: &output)
    let start = output.count
    output.append(contentsOf: payload)
    guard let maskingKey else { return }
    output.withUnsafeMutableBytes { buffer in
      // The buffer is used only in here, while `output` is exclusively ours.
      maskingKey.apply(to: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]), offset: 0)
    }
  }
}
