package import ArgumentParser

/// `heddle vectors`: collections of vectors that are searched by nearness.
package struct VectorsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "vectors",
        abstract: "Keep vectors and search them by nearness.",
        groupedSubcommands: [
            CommandGroup(
                name: "Collections",
                subcommands: [
                    VectorsCreate.self, VectorsList.self, VectorsInfo.self, VectorsOptimize.self, VectorsSnapshot.self,
                    VectorsDrop.self,
                ]
            ),
            CommandGroup(
                name: "Points",
                subcommands: [
                    VectorsUpsert.self, VectorsDelete.self, VectorsSearch.self, VectorsImport.self, VectorsExport.self,
                ]
            ),
        ]
    )

    package init() {}
}

/// The name of a collection on the command line.
struct CollectionArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The collection.", valueName: "name"))
    var name: String
}
