import Fuzzing
import Glibc

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  QueryFuzzing.plantsDefects = getenv("RAPPORT_FUZZ_CANARY") != nil
  QueryFuzzing.parse(UnsafeRawBufferPointer(start: data, count: count))
  return 0
}

/// libFuzzer's own main function under a name of its own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ target: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// SwiftPM makes an executable start here, and not in a main function.
@_cdecl("fuzz_parse_main")
public func main(
  _ argumentCount: CInt,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var argumentCount = argumentCount
  var arguments = arguments
  return runDriver(&argumentCount, &arguments, fuzz)
}
