package import ArgumentParser

/// `heddle ext`: the extensions.
package struct ExtensionCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ext",
        abstract: "Add, list and control extensions.",
        subcommands: [
            ExtensionAdd.self, ExtensionImport.self, ExtensionList.self, ExtensionFind.self,
            ExtensionShow.self, ExtensionActivate.self,
            ExtensionDeactivate.self, ExtensionUpgrade.self, ExtensionRollback.self, ExtensionAccept.self,
            ExtensionVersions.self, ExtensionDiff.self, ExtensionRemove.self, ExtensionLogs.self,
            ExtensionPermissionsCommand.self, ExtensionDiscover.self, ExtensionIndex.self,
        ]
    )

    package init() {}
}
