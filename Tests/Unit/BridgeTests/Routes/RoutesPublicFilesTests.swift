import Glibc
import HTTPServer
import Testing

@testable import Bridge

@Suite("The page's files")
struct RoutesPublicFilesTests {
  /// A folder of its own for a test, which is removed with it.
  private final class Folder {
    let path: String

    init() throws {
      var template = Array("/tmp/walletwire-page-XXXXXX".utf8CString)
      let made = try #require(mkdtemp(&template))
      path = String(cString: made)
    }

    deinit {
      // The last that was made first, so that a folder is empty by then.
      for name in made.reversed() where unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") }
      rmdir(path)
    }

    private var made: [String] = []

    func folder(_ name: String) {
      mkdir("\(path)/\(name)", 0o700)
      made.append(name)
    }

    func file(_ name: String, _ text: String) throws {
      let file = try #require(fopen("\(path)/\(name)", "w"))
      fputs(text, file)
      fclose(file)
      made.append(name)
    }

    func link(_ name: String, to target: String) {
      symlink(target, "\(path)/\(name)")
      made.append(name)
    }
  }

  private func text(_ files: PublicFiles, _ path: String) -> String? {
    files[path].map { String(decoding: $0.body, as: UTF8.self) }
  }

  @Test("What a link leads out to is not served; a link within the folder is followed to its file")
  func links() throws {
    let folder = try Folder()
    for name in ["outside", "page", "page/sub", "page/..data", "page-beside"] {
      folder.folder(name)
    }
    try folder.file("outside/secret", "secret")
    try folder.file("page-beside/near", "secret")
    try folder.file("page/..data/index.html", "page")
    try folder.file("page/sub/c.js", "script")
    folder.link("page/index.html", to: "..data/index.html")
    folder.link("page/again.html", to: "index.html")
    folder.link("page/absolute", to: "\(folder.path)/outside/secret")
    folder.link("page/relative", to: "../outside/secret")
    folder.link("page/beside", to: "../page-beside/near")
    folder.link("page/through", to: "absolute")
    folder.link("page/folder", to: "../outside")
    folder.link("page/loop", to: ".")
    folder.link("page/system", to: "/etc/passwd")
    folder.link("page/nowhere", to: "nothing")
    folder.link("page/sub/up.html", to: "../..data/index.html")
    folder.link("linked", to: "page")

    for root in ["page", "page/", "linked"] {
      let files = try #require(PublicFiles(directory: "\(folder.path)/\(root)"))
      #expect(text(files, "/") == "page" && text(files, "/again.html") == "page")
      #expect(text(files, "/sub/c.js") == "script" && text(files, "/sub/up.html") == "page")
      for name in [
        "absolute", "relative", "beside", "through", "folder/secret", "loop/index.html", "system",
        "nowhere", "..data/index.html", "sub/../../outside/secret",
      ] {
        #expect(files["/\(name)"] == nil, "\(name)")
      }
      #expect(files.linksPassedOver.count == 8)
    }
  }
}
