import Glibc
import HeddleTestSupport
import Testing

@testable import HeddleExtensions

@Suite("The tools that installations run")
struct InstallerToolsTests {
    @Test("are told of with where they are, or with what is missing")
    func findings() async throws {
        let tree = try FileTree()
        try tree.program("bin/node")
        let findings = await InstallerTools(searchPath: tree["bin"]).findings()
        #expect(findings.map(\.name) == ["python", "node", "npm"])
        // The system's Python is taken when the search path has none.
        #expect(findings[0].isAvailable || findings[0].detail.contains("no Python"))
        #expect(findings[1].isAvailable && findings[1].detail == tree["bin/node"])
        #expect(!findings[2].isAvailable && findings[2].detail.contains("nodejs"))
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let here = await InstallerTools(searchPath: path).findings()
        #expect(!TestEnvironment.isCI || here.allSatisfy(\.isAvailable), "\(here)")
    }
}
