import AzureIdentity
import Testing

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test(
        "only unreserved characters stay bare",
        arguments: [
            ("AZaz09-._~", "AZaz09-._~"),
            ("a b", "a%20b"),
            ("~+/=&%", "~%2B%2F%3D%26%25"),
            ("[x](y);=@!$',*|^`{}\"", "%5Bx%5D%28y%29%3B%3D%40%21%24%27%2C%2A%7C%5E%60%7B%7D%22"),
            ("é", "%C3%A9"),
            ("日", "%E6%97%A5"),
            ("🦆", "%F0%9F%A6%86"),
            ("%41", "%2541"),
            ("", ""),
            ("\r\n\0", "%0D%0A%00"),
        ]
    )
    func encode(plain: String, encoded: String) {
        #expect(PercentEncoding.encode(plain) == encoded)
    }
}
