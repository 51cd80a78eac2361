import Glibc
import Testing

@testable import HeddleExtensions

@Suite("The files of an installation")
struct InstallationTreeTests {
    @Test("are removed however deep they lie, and nothing that they link to")
    func deep() throws {
        let tree = try FileTree()
        try tree.file("kept/precious.txt", "precious")
        tree.folder("/install")
        // Deeper than a path may be long: made from inside, as a hostile package would.
        var folder = open(tree["install"], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for level in 0..<3000 {
            let name = "a-folder-with-a-name-\(level)"
            try #require(mkdirat(folder, name, 0o755) == 0)
            if level % 100 == 0 { symlinkat(tree["kept"], folder, "link") }
            let next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            close(folder)
            folder = next
            try #require(folder >= 0)
        }
        close(folder)
        #expect(InstallationTree.remove(tree["install"]))
        #expect(access(tree["install"], F_OK) != 0)
        #expect(HostFile.read(tree["kept/precious.txt"], upTo: 100) == Array("precious".utf8))
        #expect(InstallationTree.remove(tree["install"]), "what is gone is removed")
    }

    @Test("are written to the disk with folders, links and files that only their owner may read")
    func sync() throws {
        let tree = try FileTree()
        try tree.file("install/a/b/file", "x", mode: 0o400)
        try tree.link("install/a/link", to: "/nowhere")
        #expect(InstallationTree.sync(tree["install"]))
        #expect(!InstallationTree.sync(tree["none"]))
    }
}
