// SPDX-License-Identifier: Apache-2.0
// A whole sale in C#, no packages: basket, payment, close; prints the total and the state.
// .NET 6 or later: in a console project, as it is. Mono: mcs -r:System.Net.Http Sale.cs && mono Sale.exe
using System; using System.IO; using System.Net.Http; using System.Text; using System.Text.RegularExpressions;

static class Sale {
    static readonly HttpClient till = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
    static string Field(string json, string name) { return Regex.Match(json, "\"" + name + "\":\"?([^,}\"]*)").Groups[1].Value; }
    static string Ask(string method, string path, string body = null) {
        var ask = new HttpRequestMessage(new HttpMethod(method), path);
        if (body != null) ask.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var answer = till.SendAsync(ask).Result;
        var said = answer.Content.ReadAsStringAsync().Result;
        if (!answer.IsSuccessStatusCode) // text and act are for the cashier, in the till's language
            throw new Exception(Field(said, "code") + " " + Field(said, "text") + " " + Field(said, "act"));
        return said;
    }
    static void Main(string[] args) {
        var token = Environment.GetEnvironmentVariable("LOYALD_TOKEN") ?? "/var/lib/loyald/api.token";
        till.BaseAddress = new Uri(Environment.GetEnvironmentVariable("LOYALD_URL") ?? "http://127.0.0.1:8473");
        till.DefaultRequestHeaders.Add("Authorization", "Bearer " + File.ReadAllText(token).Trim());
        var sale = "/v1/sales/" + (args.Length > 0 ? args[0] : Guid.NewGuid().ToString());
        Ask("PUT", sale, @"{""cashier"":""7"",""lines"":[
            {""line"":1,""sku"":""A100"",""name"":""Coffee"",""qty_milli"":2000,""unit_price_minor"":9990},
            {""line"":2,""sku"":""B7"",""name"":""Apples"",""qty_milli"":1240,""unit_price_minor"":8900,""sold_by"":""weight""}]}");
        var total = Field(Ask("POST", sale + "/tender", @"{""tenders"":[""card""]}"), "total_minor"); // ... the shopper pays it ...
        Ask("POST", sale + "/commit", @"{""expected_total_minor"":" + total + @",""tenders"":[{""kind"":""card"",""amount_minor"":" + total + "}]}");
        Console.WriteLine(total + " " + Field(Ask("GET", sale), "state")); } }
