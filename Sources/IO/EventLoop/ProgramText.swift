import CLinux
import Glibc

/// The machine code of the program, mapped from its file.
package enum ProgramText {
  /// Lets go of the pages that have been used so far. The start of a program takes it through code
  /// that it never needs again; the kernel counts that as its memory until it is short of some.
  /// What is needed after all comes back from the page cache, without a disk.
  ///
  /// The corresponding C function is `madvise` with `MADV_DONTNEED`, which loses nothing of pages
  /// that are never written.
  package static func release() {
    guard let start = clinux_program_start(), let end = clinux_program_text_end() else { return }
    let pageBytes = UInt(sysconf(CInt(_SC_PAGESIZE)))
    // The page in which the code ends is left alone: data may follow on it.
    let bytes = (UInt(bitPattern: end) - UInt(bitPattern: start)) / pageBytes * pageBytes
    _ = madvise(UnsafeMutableRawPointer(mutating: start), Int(bytes), MADV_DONTNEED)
  }
}
