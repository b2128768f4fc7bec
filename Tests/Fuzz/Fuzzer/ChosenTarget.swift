import FuzzTargets
import Glibc

/// The target that the environment names.
let chosenTarget: FuzzTarget = {
  guard let name = getenv("WALLETWIRE_FUZZ_TARGET").map({ String(cString: $0) }),
    let target = FuzzTarget(rawValue: name)
  else {
    let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("WALLETWIRE_FUZZ_TARGET is one of: \(known)")
  }
  return target
}()
