package import HeddleMCP
package import HeddleModel
package import JSON
import Synchronization

/// What extensions offer besides tools, as they listed it last.
///
/// Tools are pinned and stored; prompts and resources come and go while an extension runs, so that they are asked for and
/// kept for a while.
package final class OfferBook: Sendable {
    /// What is listed.
    package enum Kind: String, Sendable, CaseIterable {
        case prompts = "prompts/list"
        case resources = "resources/list"
        case templates = "resources/templates/list"

        /// The member of the result that is the list.
        package var member: String {
            switch self {
            case .prompts: "prompts"
            case .resources: "resources"
            case .templates: "resourceTemplates"
            }
        }

        package var ability: MCPAbilities {
            switch self {
            case .prompts: .prompts
            case .resources, .templates: .resources
            }
        }

        var changes: MCPAbilities {
            switch self {
            case .prompts: .promptsListChanged
            case .resources, .templates: .resourcesListChanged
            }
        }
    }

    private struct Key: Hashable {
        let pool: Int
        let kind: Kind
    }

    private struct Entry {
        let items: [JSONView]
        let until: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Lists under way, which callers wait for together; a change makes what they bring out of date.
        var loading: [Key: (number: Int, task: Task<[JSONView], any Error>)] = [:]
        var last = 0
    }

    private static let (pages, mostItems, mostBytes) = (100, 10_000, 16 << 20)
    /// How long a list is kept of a server that says when it changes, and of one that does not.
    private static let (patience, shortPatience) = (Duration.seconds(600), Duration.seconds(5))

    private let registry: ExtensionRegistry
    private let relay: RelayService
    private let state = Mutex(State())

    package init(registry: ExtensionRegistry, relay: RelayService) {
        self.registry = registry
        self.relay = relay
        _ = registry.events.listen { [weak self] event in
            switch event {
            case .prompts(let name): self?.forget(name, [.prompts])
            case .resources(let name): self?.forget(name, [.resources, .templates])
            case .tools, .resource, .other: break
            }
        }
    }

    private func forget(_ name: ExtensionName, _ kinds: [Kind]) {
        guard let pool = registry.snapshot.entry(name.rawValue)?.pool.number else { return }
        state.withLock { state in
            for kind in kinds {
                state.entries[Key(pool: pool, kind: kind)] = nil
                state.loading[Key(pool: pool, kind: kind)] = nil
            }
        }
    }

    /// The list of one extension; empty for one that has none.
    ///
    /// - Throws: ``HeddleError``: what a request can throw, and `extensionProtocol` for a list without an end.
    package func list(_ kind: Kind, of name: String) async throws -> [JSONView] {
        let entry = try registry.active(name)
        guard try await relay.abilities(of: name).contains(kind.ability) else { return [] }
        let key = Key(pool: entry.pool.number, kind: kind)
        let (kept, task, number) = state.withLock { state -> ([JSONView]?, Task<[JSONView], any Error>?, Int) in
            if let kept = state.entries[key], kept.until > .now { return (kept.items, nil, 0) }
            if let loading = state.loading[key] { return (nil, loading.task, loading.number) }
            state.last += 1
            // Unstructured, because it belongs to all who wait for it.
            let task = Task { try await load(kind, name) }
            state.loading[key] = (state.last, task)
            return (nil, task, state.last)
        }
        if let kept { return kept }
        let result = await task?.result ?? .success([])
        let patience =
            entry.registered.abilities?.contains(kind.changes) == true ? Self.patience : Self.shortPatience
        state.withLock { state in
            guard state.loading[key]?.number == number else { return }
            state.loading[key] = nil
            switch result {
            case .success(let items): state.entries[key] = Entry(items: items, until: .now + patience)
            // One that does not answer is not waited for each time.
            case .failure: state.entries[key] = Entry(items: [], until: .now + Self.shortPatience)
            }
            if state.entries.count > 4096 { state.entries = state.entries.filter { $0.value.until > .now } }
        }
        return try result.get()
    }

    /// The lists of all active extensions that have one, in the order of their names; one that fails has none.
    package func all(_ kind: Kind) async -> [(name: ExtensionName, items: [JSONView])] {
        let names = registry.snapshot.entries
            .filter { entry in
                entry.registered.state == .active && !entry.registered.isHeld
                    && entry.registered.abilities?.contains(kind.ability) ?? true
            }
            .map(\.registered.name)
        return await withTaskGroup(of: (Int, [JSONView]).self) { group in
            for (index, name) in names.enumerated() {
                group.addTask { (index, (try? await self.list(kind, of: name.rawValue)) ?? []) }
            }
            var lists = [[JSONView]](repeating: [], count: names.count)
            for await (index, items) in group { lists[index] = items }
            return zip(names, lists).map { ($0, $1) }
        }
    }

    private func load(_ kind: Kind, _ name: String) async throws -> [JSONView] {
        var (items, bytes): ([JSONView], Int) = ([], 0)
        var request = RelayService.Request(extensionName: name, method: kind.rawValue)
        for _ in 0..<Self.pages {
            let outcome = try await relay.send(.system(.local), request)
            guard case .result(let page) = outcome else {
                if case .failure(let failure) = outcome, failure.code == MCPErrorCode.methodNotFound.rawValue {
                    return []
                }
                throw HeddleError(.extensionProtocol, "the extension cannot list its \(kind.member)")
            }
            for item in page.member(kind.member)?.elements.map({ $0 }) ?? [] {
                bytes += item.range.count
                guard items.count < Self.mostItems, bytes <= Self.mostBytes else {
                    throw HeddleError(.extensionProtocol, "the extension lists too many \(kind.member)")
                }
                items.append(item)
            }
            guard let next = page["nextCursor"]?.string else { return items }
            request.params = Array("\"cursor\":".utf8) + JSONValue.string(next).bytes
        }
        throw HeddleError(.extensionProtocol, "the extension's list of \(kind.member) has no end")
    }
}
