//! Tools made of an OpenAPI document: imported, checked, served, called and drawn.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::{Output, Project, Server, Upstream, finish, fixtures, reply, run, toolface};

/// A part of GitHub's document; see the NOTICE beside it.
fn github() -> (String, Value) {
    let path = fixtures("openapi/github.json");
    let document = serde_json::from_str(&fs::read_to_string(&path).expect("a document")).expect("JSON");
    (path.to_str().expect("a name").to_owned(), document)
}

fn import(project: &Project, args: &[&str]) -> Output {
    run(project.path(), &[&["import", "openapi"], args].concat())
}

/// All files of a project, to see what changed.
fn files(project: &Project) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for folder in ["", "tools", "widgets"] {
        let Ok(entries) = fs::read_dir(project.path().join(folder)) else { continue };
        for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            all.insert(name, fs::read_to_string(entry.path()).expect("text"));
        }
    }
    all
}

#[test]
fn every_operation_of_a_real_document_becomes_a_tool_without_a_fault() {
    let (path, document) = github();
    let project = Project::empty();
    let listed = import(&project, &[&path, "--list"]).stdout;
    let operations: usize = document["paths"]
        .as_object()
        .expect("paths")
        .values()
        .map(|item| item.as_object().expect("item").len())
        .sum();
    assert_eq!(listed.lines().count(), operations);
    assert!(
        listed.contains("issues/get  GET /repos/{owner}/{repo}/issues/{issue_number}  Get an issue"),
        "{listed}"
    );
    assert!(files(&project).is_empty(), "--list writes nothing");
    let told = import(&project, &[&path, "--connection", "github"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert_eq!(files(&project).len(), 1 + 2 * operations);
    let checked = run(project.path(), &["check"]);
    assert_eq!((checked.code, checked.stdout.trim()), (0, "no faults"), "{}", checked.stdout);
}

/// The example an operation's document gives for its success.
fn example(document: &Value, path: &str) -> Value {
    let content = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"];
    let named = content["examples"].as_object().expect("examples").values().next().expect("one");
    let pointer = named["$ref"].as_str().or(named["value"]["$ref"].as_str()).expect("a reference");
    document.pointer(pointer.trim_start_matches('#')).expect("an example")["value"].clone()
}

#[test]
fn imported_tools_draw_what_the_documented_api_answers() {
    let (path, document) = github();
    let (issue, search) = ("/repos/{owner}/{repo}/issues/{issue_number}", "/search/repositories");
    let (one, many) = (example(&document, issue), example(&document, search));
    let (first, second) = (one.to_string(), many.to_string());
    let api = Upstream::start(move |asked, stream| {
        let body = if asked.line.contains(" /search") { &second } else { &first };
        reply(stream, "200 OK", "content-type: application/json\r\n", body);
    });
    let project = Project::empty();
    let url = format!("http://{}", api.at);
    let args =
        ["--operation", "issues/get", "--operation", "search/repos", "--connection", "github", "--url", &url];
    let told = import(&project, &[&[path.as_str()][..], &args].concat());
    assert_eq!(told.code, 0, "{}", told.stderr);
    let server = Server::start(project.path());
    let drawn =
        server.call("issues_get", json!({"owner": "octo cat", "repo": "hello/world", "issue_number": 1347}));
    assert_eq!(drawn["isError"], false, "{drawn}");
    let tree = drawn["_meta"]["dev.toolface/widget"]["tree"].to_string();
    for value in ["title", "body"] {
        let value = one[value].as_str().expect("text");
        assert!(tree.contains(value), "`{value}` is not in {tree}");
    }
    let drawn =
        server.call("search_repos", json!({"q": "tetris language:assembly", "sort": "stars", "per_page": 2}));
    let tree = drawn["_meta"]["dev.toolface/widget"]["tree"].to_string();
    let name = many["items"][0]["name"].as_str().expect("a name");
    assert!(tree.contains(name), "`{name}` is not in {tree}");
    let asked: Vec<String> = api.seen().iter().map(|asked| asked.line.clone()).collect();
    assert_eq!(asked[0], "GET /repos/octo%20cat/hello%2Fworld/issues/1347");
    assert_eq!(
        asked[1],
        "GET /search/repositories?order=desc&page=1&per_page=2&q=tetris+language%3Aassembly&sort=stars"
    );
}

/// The same API in the words of one version.
fn pets(version: &str, nullable: &str, bound: &str) -> String {
    format!(
        r##"# pets
openapi: {version}
info: {{ title: "Pet Store", version: 1.0.0 }}
servers: [{{ url: "{{scheme}}://pets.example.com/v1/", variables: {{ scheme: {{ default: https }} }} }}]
security: [{{ key: [] }}]
components:
  securitySchemes:
    key: {{ type: apiKey, in: header, name: X-Key }}
    query_key: {{ type: apiKey, in: query, name: api_key }}
    bearer: {{ type: http, scheme: bearer }}
    oauth: {{ type: oauth2, flows: {{}} }}
  parameters:
    Trace: {{ name: X-Trace, in: header, description: Seen in logs, schema: {{ type: string }} }}
  schemas:
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {{ type: integer, format: int64, readOnly: true }}
        name: {{ type: string, maxLength: 40 }}
        tag: {{ {nullable} }}
        weight: {{ type: number, {bound} }}
        mother: {{ $ref: "#/components/schemas/Pet" }}
        pin: {{ type: string, writeOnly: true }}
paths:
  /pets/{{petId}}:
    parameters: [{{ name: petId, in: path, required: true, schema: {{ type: integer }} }}]
    get:
      operationId: getPet
      summary: A pet.
      parameters:
        - $ref: "#/components/parameters/Trace"
        - {{ name: "fields[]", in: query, schema: {{ type: array, items: {{ type: string, enum: [name, tag] }} }} }}
        - {{ name: ids, in: query, explode: false, schema: {{ type: array, items: {{ type: integer }} }} }}
        - {{ name: deep, in: query, style: deepObject, schema: {{ type: object }} }}
      responses:
        200: {{ description: ok, content: {{ application/json: {{ schema: {{ $ref: "#/components/schemas/Pet" }} }} }} }}
    put:
      operationId: getPET
      security: [{{ bearer: [], query_key: [] }}]
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ $ref: "#/components/schemas/Pet" }} }} }} }}
      responses: {{ "204": {{ description: done }} }}
    delete:
      security: [{{ oauth: [a] }}]
      responses: {{ default: {{ description: done }} }}
  /photos:
    post:
      operationId: upload
      requestBody: {{ content: {{ image/png: {{}} }} }}
      responses: {{ "201": {{ description: done }} }}
"##
    )
}

#[test]
fn both_versions_become_the_same_tools() {
    let old = pets("3.0.3", "type: string, nullable: true", "minimum: 0, exclusiveMinimum: true");
    let new = pets("3.1.0", "type: [string, 'null']", "exclusiveMinimum: 0");
    let projects = [old, new].map(|document| {
        let project = Project::empty().file("api.yaml", document);
        let api = project.path().join("api.yaml");
        let told = import(&project, &[api.to_str().expect("a name")]);
        assert_eq!(told.code, 0, "{}", told.stderr);
        for what in [
            "upload: its body is no JSON (image/png)",
            "`deep` is an object; it is left out",
            "PET_STORE_KEY",
            "OAuth (`oauth`)",
        ] {
            assert!(told.stderr.contains(what), "{what}: {}", told.stderr);
        }
        fs::remove_file(api).expect("removed");
        project
    });
    assert_eq!(files(&projects[0]), files(&projects[1]));
    let made = files(&projects[0]);
    let settings = &made["/toolface.toml"];
    for line in [
        "[connections.pet-store]",
        "url = \"https://pets.example.com/v1\"",
        "headers = { X-Key = { env = \"PET_STORE_KEY\" }, Authorization = { env = \"PET_STORE_TOKEN\", prefix = \"Bearer \" } }",
        "query = { api_key = { env = \"PET_STORE_QUERY_KEY\" } }",
    ] {
        assert!(settings.contains(line), "{line}: {settings}");
    }
    let get = &made["tools/get_pet.toml"];
    for line in [
        "path = \"/pets/{petId}\"",
        "query = { \"fields[]\" = \"{fields}\", ids = \"{ids}\" }",
        "headers = { X-Trace = \"{X-Trace}\" }",
        "several with commas between",
    ] {
        assert!(get.contains(line), "{line}: {get}");
    }
    let put = &made["tools/get_pet_2.toml"];
    assert!(put.contains("body = { name = \"{name}\", tag = \"{tag}\", weight = \"{weight}\""), "{put}");
    assert!(put.contains("exclusiveMinimum = 0") && put.contains("destructive = true"), "{put}");
    assert!(made.contains_key("tools/delete_pets_pet_id.toml"));
    let mut check = toolface(projects[0].path());
    check.arg("check").env("PET_STORE_KEY", "a").env("PET_STORE_TOKEN", "b").env("PET_STORE_QUERY_KEY", "c");
    let checked = finish(check);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
}

#[test]
fn secrets_and_header_arguments_reach_the_api() {
    let api = Upstream::saying("{\"id\": 1, \"name\": \"Rex\", \"tag\": null, \"weight\": 1.5}");
    let document = pets("3.1.0", "type: [string, 'null']", "exclusiveMinimum: 0");
    let project = Project::empty().file("api.yaml", document);
    let file = project.path().join("api.yaml");
    let url = format!("http://{}/v1/", api.at);
    let told = import(
        &project,
        &[
            file.to_str().expect("a name"),
            "--operation",
            "GET /pets/{petId}",
            "--operation",
            "getPET",
            "--url",
            &url,
        ],
    );
    assert_eq!(told.code, 0, "{}", told.stderr);
    let call = |arguments: Value| {
        let mut call = toolface(project.path());
        call.env("PET_STORE_KEY", "k1").env("PET_STORE_TOKEN", "t2").env("PET_STORE_QUERY_KEY", "q 3");
        call.args(["call", "get_pet", "--as", "full", "--args", &arguments.to_string()]);
        finish(call).json()
    };
    let drawn = call(json!({"petId": 7, "fields": ["name", "tag"], "X-Trace": "a b"}));
    assert!(drawn["_meta"]["dev.toolface/widget"]["tree"].to_string().contains("Rex"), "{drawn}");
    let asked = &api.seen()[0];
    assert_eq!(asked.line, "GET /v1/pets/7?api_key=q+3&fields%5B%5D=name&fields%5B%5D=tag");
    let head = asked.headers.join("\n").to_lowercase();
    for line in ["x-key: k1", "authorization: bearer t2", "x-trace: a b"] {
        assert!(head.contains(line), "{line}: {head}");
    }
    call(json!({"petId": 7}));
    assert!(!api.seen()[1].headers.join("\n").to_lowercase().contains("x-trace"), "left out when absent");
    let words = call(json!({"petId": 7, "X-Trace": "a\r\nX-Evil: 1"}));
    assert!(
        words["content"][0]["text"].as_str().expect("words").contains("`X-Trace` has characters"),
        "{words}"
    );
}

#[test]
fn nothing_that_is_there_is_touched() {
    let document = pets("3.1.0", "type: string", "minimum: 0");
    let settings = "# mine\n[server] # my server\nname = 'desk'\n";
    let project = Project::empty()
        .file("api.yaml", document)
        .file("toolface.toml", settings)
        .file("tools/get_pet.toml", "mine");
    let api = project.path().join("api.yaml");
    let api = api.to_str().expect("a name");
    let before = files(&project);
    let told = import(&project, &[api]);
    assert_eq!(told.code, 1);
    assert!(told.stderr.contains("tools/get_pet.toml is there already"), "{}", told.stderr);
    assert_eq!(files(&project), before);
    for (args, told) in [
        (&["--operation", "getPett"][..], "there is no operation `getPett`"),
        (&["--operation", "upload"], "its body is no JSON"),
    ] {
        let output = import(&project, &[&[api][..], args].concat());
        assert!(output.code == 1 && output.stderr.contains(told), "{told}: {}", output.stderr);
        assert_eq!(files(&project), before);
    }
    assert_eq!(import(&project, &[api, "--force"]).code, 0);
    let after = files(&project);
    assert!(after["/toolface.toml"].starts_with(settings) && after["tools/get_pet.toml"] != "mine");
    let again = import(&project, &[api, "--force"]);
    assert_eq!((again.code, files(&project)), (0, after.clone()), "{}", again.stderr);
    let other = import(&project, &[api, "--force", "--url", "https://other.example.com"]);
    assert!(other.stderr.contains("has another connection `pet-store`"), "{}", other.stderr);
    assert_eq!(files(&project), after);
}

#[test]
fn documents_are_fetched_and_others_refused() {
    let document = "{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"a\"}, \"servers\": [{\"url\": \"../v2\"}], \"paths\": {\"/x\": {\"get\": {\"responses\": {}}}}}";
    let host = Upstream::saying(document);
    let project = Project::empty();
    let told = import(&project, &[&format!("http://{}/docs/api.json", host.at)]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(files(&project)["/toolface.toml"].contains(&format!("url = \"http://{}/v2\"", host.at)));
    assert_eq!(run(project.path(), &["check"]).code, 0);
    for (text, told) in [
        ("swagger: '2.0'", "Swagger 2.0"),
        ("openapi: 4.0.0", "it is no OpenAPI 3.0 or 3.1 document"),
        ("{\"a\": ", "neither JSON nor YAML"),
        ("a: [", "neither JSON nor YAML"),
        ("openapi: 3.0.0\npaths: {}", "has no operation"),
    ] {
        let project = Project::empty().file("api.yaml", text);
        let output = import(&project, &[project.path().join("api.yaml").to_str().expect("a name")]);
        assert!(output.code == 1 && output.stderr.contains(told), "{text}: {}", output.stderr);
    }
}
