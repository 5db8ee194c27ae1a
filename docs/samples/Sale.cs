// SPDX-License-Identifier: Apache-2.0
// A whole sale in C# (.NET 6 or later), no packages: basket, payment, close; prints the total and the state.
using System.Net.Http.Json; using System.Net.Sockets; using System.Text.Json;

var socket = Environment.GetEnvironmentVariable("LOYALD_SOCKET") ?? "/run/loyald/api.sock";
var till = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, cancel) => {
    var line = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    await line.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
    return new NetworkStream(line, true);
} }) { Timeout = TimeSpan.FromSeconds(5) };
var sale = "http://localhost/v1/sales/" + (args.Length > 0 ? args[0] : Guid.NewGuid().ToString());

async Task<JsonElement> Ask(HttpMethod method, string path, object? body = null) {
    var answer = await till.SendAsync(new(method, sale + path) { Content = body is null ? null : JsonContent.Create(body) });
    var said = await answer.Content.ReadFromJsonAsync<JsonElement>();
    if (!answer.IsSuccessStatusCode) // text and act are for the cashier, in the till's language
        throw new Exception($"{said.GetProperty("code")} {said.GetProperty("text")} {said.GetProperty("act")}");
    return said;
}
await Ask(HttpMethod.Put, "", new { cashier = "7", lines = new object[] {
    new { line = 1, sku = "A100", name = "Coffee", qty_milli = 2000, unit_price_minor = 9990 },
    new { line = 2, sku = "B7", name = "Apples", qty_milli = 1240, unit_price_minor = 8900, sold_by = "weight" } } });
var total = (await Ask(HttpMethod.Post, "/tender", new { tenders = new[] { "card" } })).GetProperty("total_minor").GetInt64();
// ... the shopper pays total; an answer that was lost is asked for again by the same call ...
await Ask(HttpMethod.Post, "/commit", new { expected_total_minor = total, tenders = new[] { new { kind = "card", amount_minor = total } } });
Console.WriteLine($"{total} {(await Ask(HttpMethod.Get, "")).GetProperty("state")}");
