#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension RunQuery {
    /// The body of queryPipelineRuns.
    ///
    /// - Throws: ``DataFactoryError``, permanent, if the window ends before it begins or cannot be written.
    func body(continuationToken: String?) throws(DataFactoryError) -> [UInt8] {
        guard let after = ServiceTime.text(of: updatedAfter, rounded: .down),
            let before = ServiceTime.text(of: updatedBefore, rounded: .up)
        else { throw Self.invalid("its window is not within the years 1970 to 9999") }
        guard updatedAfter <= updatedBefore else { throw Self.invalid("its window ends before it begins") }
        if let filter = filters.first(where: \.values.isEmpty) {
            throw Self.invalid("its filter on \(filter.operand.rawValue) has no values")
        }
        let body = Body(
            lastUpdatedAfter: after,
            lastUpdatedBefore: before,
            filters: filters.isEmpty ? nil : filters.map(Body.Filter.init),
            orderBy: order.isEmpty ? nil : order.map(Body.Ordering.init),
            continuationToken: continuationToken
        )
        let encoder = JSONEncoder()
        // The same query is always the same bytes.
        encoder.outputFormatting = .sortedKeys
        do {
            return Array(try encoder.encode(body))
        } catch {
            throw Self.invalid("it cannot be written as JSON")
        }
    }

    private static func invalid(_ problem: String) -> DataFactoryError {
        DataFactoryError(disposition: .permanent, code: "InvalidQuery", message: "the query was not sent: \(problem)")
    }

    private struct Body: Encodable {
        struct Filter: Encodable {
            let operand: String
            let `operator`: String
            let values: [Value]

            init(_ filter: RunQuery.Filter) {
                operand = filter.operand.rawValue
                `operator` = filter.comparison.rawValue
                values = filter.values.map(Value.init)
            }
        }

        struct Value: Encodable {
            let value: RunQuery.Filter.Value

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch value {
                case .text(let text): try container.encode(text)
                case .flag(let flag): try container.encode(flag)
                }
            }
        }

        struct Ordering: Encodable {
            let orderBy: String
            let order: String

            init(_ ordering: RunQuery.Ordering) {
                orderBy = ordering.field.rawValue
                order = ordering.direction.rawValue
            }
        }

        let lastUpdatedAfter: String
        let lastUpdatedBefore: String
        let filters: [Filter]?
        let orderBy: [Ordering]?
        let continuationToken: String?
    }
}
