//! What each platform wants. Names of menus are as the platforms print them.

use super::{Sheet, Worker};
use chat::Platform;
use serde_json::Value;

/// What codegen makes of the spec.
const SLACK: &str = include_str!("../../../swas/src/generated/slack-command.json");
const DISCORD: &str = include_str!("../../../swas/src/generated/discord-commands.json");
const TELEGRAM: &str = include_str!("../../../swas/src/generated/telegram-commands.json");

/// Everything about one platform.
pub(super) fn sheet(platform: Platform, worker: &Worker) -> Sheet {
    let hook = worker.hook(platform);
    let (document, steps) = match platform {
        Platform::Slack => (Some(slack(&hook)), SLACK_STEPS.to_owned()),
        Platform::Discord => (Some(DISCORD.to_owned()), DISCORD_STEPS.to_owned()),
        Platform::Telegram => (Some(telegram(&hook)), TELEGRAM_STEPS.to_owned()),
        Platform::DingTalk => (None, DINGTALK_STEPS.to_owned()),
        Platform::Feishu => (None, feishu("https://open.feishu.cn/app")),
        Platform::Lark => (None, feishu("https://open.larksuite.com/app")),
        Platform::Teams => (None, TEAMS_STEPS.to_owned()),
        Platform::Mattermost => (None, mattermost()),
        Platform::Standard => (None, STANDARD_STEPS.to_owned()),
        _ => (None, "1. Have deliveries sent to {hook}.\n2. Its secret:\n   {secrets}\n".to_owned()),
    };
    let first = if worker.is_guess {
        "wrangler.toml does not say the Worker's subdomain: give its address with --url, or put it in for YOUR-SUBDOMAIN.\n\n"
    } else {
        ""
    };
    let steps =
        steps.replace("{hook}", &hook).replace("{url}", &worker.url).replace("{secrets}", &secrets(platform, worker));
    let steps = steps.replace("{deploy}", &format!("npx wrangler deploy{}", worker.flag));
    let last = format!(
        "\nWho may do what: `cargo xtask policy check`. Whoever is refused is shown the ids for `who` and `where`,\n{}.\n",
        ids(platform)
    );
    Sheet { document, steps: format!("{first}{steps}{last}") }
}

/// The lines that ask for each secret, as `chat` says which there are.
fn secrets(platform: Platform, worker: &Worker) -> String {
    let variables = [Some(platform.secret_variable()), platform.token_variable(), platform.credential_variable()];
    let lines =
        variables.into_iter().flatten().map(|name| format!("   npx wrangler secret put {name}{}\n", worker.flag));
    format!(
        "Set, then deploy; {}/healthz names {platform} then:\n{}   {{deploy}}",
        worker.url,
        lines.collect::<String>()
    )
}

fn ids(platform: Platform) -> &'static str {
    match platform {
        Platform::Slack => "slack:<workspace>/<person> and slack:<workspace>/<channel>",
        Platform::Discord => "discord:<server>/<person> and discord:<server>/<channel>",
        Platform::Telegram => "telegram:default/<person> and telegram:default/<chat>",
        Platform::DingTalk => "dingtalk:<company>/<person> and dingtalk:<company>/<conversation>",
        Platform::Feishu => "feishu:<tenant>/<open_id> and feishu:<tenant>/<chat>",
        Platform::Lark => "lark:<tenant>/<open_id> and lark:<tenant>/<chat>",
        Platform::Teams => "teams:<tenant>/<person> and teams:<tenant>/<channel>",
        Platform::Mattermost => "mattermost:<team>/<person> and mattermost:<team>/<channel>",
        Platform::Standard => {
            "standard:<organisation>/<person> and standard:<organisation>/<place>, as the sender calls itself"
        }
        _ => "<platform>:<organisation>/<person> and <platform>:<organisation>/<channel>",
    }
}

/// An app manifest (docs.slack.dev/reference/app-manifest). Written out: the order of a JSON object's members is that of the
/// library, which differs between builds.
fn slack(hook: &str) -> String {
    let command: Value = serde_json::from_str(SLACK).unwrap_or_default();
    let [word, description, hint, escape] =
        ["command", "description", "usage_hint", "should_escape"].map(|key| &command[key]);
    format!(
        r#"{{
  "display_information": {{ "name": "opshook", "description": {description} }},
  "features": {{
    "bot_user": {{ "display_name": "opshook", "always_online": true }},
    "slash_commands": [
      {{
        "command": {word},
        "url": "{hook}",
        "description": {description},
        "usage_hint": {hint},
        "should_escape": {escape}
      }}
    ]
  }},
  "oauth_config": {{ "scopes": {{ "bot": ["commands"] }} }},
  "settings": {{
    "interactivity": {{ "is_enabled": true, "request_url": "{hook}" }},
    "org_deploy_enabled": false,
    "socket_mode_enabled": false,
    "token_rotation_enabled": false
  }}
}}
"#
    )
}

const SLACK_STEPS: &str = "\
1. https://api.slack.com/apps?new_app=1, From a manifest: choose the workspace, JSON, paste what this prints.
2. Install to Workspace.
3. Basic Information, App Credentials: Signing Secret.
   {secrets}
4. In a channel: /swas help
";

const DISCORD_STEPS: &str = r#"1. https://discord.com/developers/applications, New Application. General Information: Application ID, Public Key.
2. The public key, which is no secret and is set like one:
   {secrets}
3. General Information, Interactions Endpoint URL: {hook}
   Saving it has Discord call the Worker, so that has to be deployed.
4. Bot, Reset Token. With that token and the Application ID, which the Worker needs neither of:
   read -rs DISCORD_BOT_TOKEN; read -r DISCORD_APPLICATION_ID
   cargo xtask manifest discord > commands.json
   printf 'header = "Authorization: Bot %s"' "$DISCORD_BOT_TOKEN" | curl -sS --config - \
     -X PUT "https://discord.com/api/v10/applications/$DISCORD_APPLICATION_ID/commands" \
     -H 'Content-Type: application/json' --data-binary @commands.json
   For one server, where it shows at once: …/applications/$DISCORD_APPLICATION_ID/guilds/<server>/commands
5. Bring it into a server: https://discord.com/oauth2/authorize?scope=applications.commands&client_id=<Application ID>
6. Until Server Settings, Integrations, says otherwise, only administrators see it: /swas help
"#;

/// A script that makes the calls. What is secret comes from the environment, and stands in no argument for other people of the
/// machine to see.
fn telegram(hook: &str) -> String {
    let calls: Vec<Value> = serde_json::from_str(TELEGRAM).unwrap_or_default();
    let commands: String = calls.iter().map(|call| format!("call setMyCommands <<'END'\n{call}\nEND\n")).collect();
    format!(
        r#"call() {{
  curl -sS -H 'Content-Type: application/json' --data-binary @- --config /dev/fd/3 3<<END
url = "https://api.telegram.org/bot$TELEGRAM_BOT_TOKEN/$1"
END
  echo
}}
call setWebhook <<END
{{"url":"{hook}","secret_token":"$TELEGRAM_WEBHOOK_SECRET","allowed_updates":["message","callback_query"]}}
END
{commands}call getWebhookInfo <<'END'
{{}}
END
"#
    )
}

const TELEGRAM_STEPS: &str = "\
1. https://t.me/BotFather, /newbot: it gives the bot's token. Leave privacy mode on (/setprivacy).
2. A secret of your own, 16 to 256 letters, digits, _ and -: openssl rand -hex 32
   {secrets}
3. Run what this prints, with both in the environment:
   read -rs TELEGRAM_BOT_TOKEN; read -rs TELEGRAM_WEBHOOK_SECRET; export TELEGRAM_BOT_TOKEN TELEGRAM_WEBHOOK_SECRET
   cargo xtask manifest telegram | sh
   It answers `\"ok\":true` four times; the commands show in both languages.
4. Add the bot to a group, or write to it: /help
   Its webhook carries a static token and no signature, so every write is confirmed.
";

const DINGTALK_STEPS: &str = "\
1. https://open-dev.dingtalk.com, 应用开发 (Application development), 创建应用 (Create): an application of your company's own.
2. 凭证与基础信息 (Credentials and basic information): Client Secret (AppSecret).
   {secrets}
3. 添加应用能力 (Add capabilities), 机器人 (Robot): 消息接收模式 (Receive messages) HTTP模式 (HTTP), address
   {hook}
4. 版本管理与发布 (Versions): publish. Before that nobody has an id that the policy could name.
5. Add the robot to a group: @robot help
   Its signature covers the time alone, so every write is confirmed.
";

fn feishu(console: &str) -> String {
    FEISHU_STEPS.replace("{console}", console)
}

const FEISHU_STEPS: &str = "\
1. {console}, Create Custom App. Add Features: Bot.
2. Events & Callbacks, Encryption Strategy: Encrypt Key, Verification Token. Credentials & Basic Info: App Secret.
   {secrets}
3. Events & Callbacks, Event Configuration: send to developer's server, Request URL {hook}
   Add Events: im.message.receive_v1
4. Events & Callbacks, Callback Configuration: the same Request URL. Add Callback: card.action.trigger
   Saving either has the address checked, so the Worker has to be deployed.
5. Permissions & Scopes: im:message.group_at_msg:readonly, im:message.p2p_msg:readonly, im:message:send_as_bot
6. Version Management & Release: publish. Changes count from then on.
7. Add the bot to a group: @bot help
";

const TEAMS_STEPS: &str = "\
1. In the team, Manage team, Apps, Create an outgoing webhook: name `swas`, callback URL
   {hook}
   It hears its name in the public channels of that team; each team needs one of its own.
2. The security token is shown once; several of them are separated by commas.
   {secrets}
3. In a channel: @swas help
   A webhook cannot be followed up: `status` tells what became of a command. No time is promised by its signature, so every
   write is confirmed.
";

fn mattermost() -> String {
    let command: Value = serde_json::from_str(SLACK).unwrap_or_default();
    let text = |key: &str| command[key].as_str().unwrap_or_default();
    MATTERMOST_STEPS
        .replace("{word}", text("command").trim_start_matches('/'))
        .replace("{description}", text("description"))
        .replace("{hint}", text("usage_hint"))
}

const MATTERMOST_STEPS: &str = "\
1. Product menu, Integrations, Slash Commands, Add Slash Command:
     Title                 opshook
     Command Trigger Word  {word}
     Request URL           {hook}
     Request Method        POST
     Autocomplete          on
     Autocomplete Hint     {hint}
     Autocomplete Description  {description}
2. It shows the command's token; several of them, of other teams or of outgoing webhooks, are separated by commas.
   {secrets}
3. In wrangler.toml, [vars], so that results can follow: FOLLOW_UP_HOSTS = \"<your Mattermost server>\"
4. In a channel: /{word} help
   Its token is static and nothing is signed, so every write is confirmed.
";

const STANDARD_STEPS: &str = "\
1. A secret for sender and Worker: printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\"
   {secrets}
2. Have the sender post to {hook}, signed by Standard Webhooks (https://www.standardwebhooks.com):
   {\"command\": \"help\", \"actor\": {\"organisation\": \"acme\", \"person\": \"nightly-build\"}, \"place\": \"release\"}
   Every member and every answer: {url}/openapi.json
3. Results are posted to the delivery's `response_url` if wrangler.toml, [vars], names its host: FOLLOW_UP_HOSTS = \"ci.example.com\"
";
