import HeddleMCP
import HeddleModel
import JSON
import Testing

@testable import HeddleExtensions

@Suite("What came of a call that several wait for")
struct LandingTests {
    private func caller(_ principal: String) -> Caller {
        Caller(tenant: .local, principal: principal, scopes: ["*"], origin: .system)
    }

    private func landing(_ result: String) throws -> Landing {
        let request = InvocationService.Request(
            extensionName: "time",
            capability: "now",
            parameters: nil,
            timeout: .seconds(60)
        )
        let ann = caller("ann")
        let order = CallRun.Order(
            caller: ann,
            request: request,
            span: InvocationService.Span(ann, request),
            isRepeatable: true
        )
        let answer = InvocationService.Answer(
            executionID: ExecutionID(),
            capability: "now",
            elapsed: .zero,
            outcome: .result(try JSONDocument(Array(result.utf8)).root),
            attempts: 1
        )
        return Landing(.success(answer), of: order)
    }

    @Test("a private result is for those alone who are the same principal")
    func privateResult() throws {
        let landing = try landing(#"{"content":[],"cacheScope":"private"}"#)
        #expect(landing.concernsOnly(another: caller("bob")))
        #expect(!landing.concernsOnly(another: caller("ann")))
    }

    @Test("any other result is for all who waited", arguments: ["", #","cacheScope":"public""#])
    func sharedResult(_ scope: String) throws {
        #expect(try !landing(#"{"content":[]\#(scope)}"#).concernsOnly(another: caller("bob")))
    }
}
