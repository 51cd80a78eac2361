import FoundationEssentials
import HeddleTestSupport
import Testing

@testable import HeddleServer

@Suite("The reference of the configuration")
struct ConfigurationDocumentTests {
    @Test("is the one that is committed; 'heddle config docs > docs/configuration.md' makes it anew")
    func current() throws {
        let path = TestEnvironment.checkout + "/docs/configuration.md"
        let committed = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(committed == ConfigurationDocument.markdown)
    }

    @Test("has every setting and every name of it")
    func complete() {
        for option in ConfigurationOption.all {
            let names = [option.key, option.variable] + option.aliases.map(\.name) + [option.flag].compactMap(\.self)
            for name in names { #expect(ConfigurationDocument.markdown.contains("`\(name)`"), "\(name)") }
        }
    }
}
