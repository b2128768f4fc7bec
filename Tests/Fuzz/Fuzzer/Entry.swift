import FuzzTargets

/// libFuzzer calls it with each input. `WALLETWIRE_FUZZ_TARGET` names the target.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosenTarget.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
