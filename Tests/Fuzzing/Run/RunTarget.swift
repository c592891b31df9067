import Fuzzing
import Glibc

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  QueryFuzzing.plantsDefects = getenv("RAPPORT_FUZZ_CANARY") != nil
  QueryFuzzing.run(UnsafeRawBufferPointer(start: data, count: count))
  return 0
}
