use crate::{Cases, text, texts, with};
use alidns_20150109::{
    describe_domains::{DescribeDomainsRequest, RequestPageNumber, RequestPageSize},
    operate_batch_domain::{OperateBatchDomainRequest, RequestDomainRecordInfoItem},
    replace_cloud_gtm_address_pool_address::{ReplaceCloudGtmAddressPoolAddressRequest, RequestAddressesItem},
    search_cloud_gtm_addresses::SearchCloudGtmAddressesRequest,
    search_recursion_zones::{RequestEffectiveScopesItem, SearchRecursionZonesRequest},
    update_cloud_gtm_global_alert::{self, UpdateCloudGtmGlobalAlertRequest},
    update_dns_gtm_instance_global_config::{RequestAlertConfigItem, UpdateDnsGtmInstanceGlobalConfigRequest},
    update_rsp_domain_server_prohibit_status_for_gateway::{
        RequestAddStatusListItem, RequestAddStatusListItemStatus, RequestDeleteStatusListItem,
        RequestDeleteStatusListItemStatus, UpdateRspDomainServerProhibitStatusForGatewayRequest,
    },
};

pub fn cases(cases: &mut Cases) {
    cases.add("alidns/nothing", &DescribeDomainsRequest::new());
    cases.add(
        "alidns/64-bit numbers and a boolean",
        &with!(
            DescribeDomainsRequest::new(),
            key_word: text("例え.com"),
            page_number: RequestPageNumber::new(2).unwrap(),
            page_size: RequestPageSize::new(100).unwrap(),
            starmark: false,
        ),
    );
    cases.add(
        "alidns/numbers in objects in a list",
        &OperateBatchDomainRequest::new(
            vec![
                with!(
                    RequestDomainRecordInfoItem::new(text("example.com")),
                    type_: text("MX"),
                    value: text("mail.example.com"),
                    ttl: 600,
                    rr: text("@"),
                    priority: 0,
                ),
                with!(RequestDomainRecordInfoItem::new(text("example.net")), new_rr: text("*"), new_type: text("A")),
            ],
            text("RR_ADD"),
        ),
    );
    cases.add(
        "alidns/booleans in objects in a list",
        &with!(
            UpdateDnsGtmInstanceGlobalConfigRequest::new(text("gtm-1")),
            alert_group: text(r#"["a"]"#),
            force_update: true,
            alert_config: vec![
                with!(
                    RequestAlertConfigItem::new(),
                    sms_notice: true,
                    notice_type: text("ADDR_ALERT"),
                    email_notice: false,
                    dingtalk_notice: true,
                ),
                with!(RequestAlertConfigItem::new(), sms_notice: false),
            ],
        ),
    );
    cases.add(
        "alidns/JSON list of objects with numbers and lists",
        &with!(
            ReplaceCloudGtmAddressPoolAddressRequest::new(),
            address_pool_id: text("pool-1"),
            addresses: vec![
                with!(
                    RequestAddressesItem::new(),
                    address_id: text("addr-1"),
                    weight_value: 1,
                    serial_number: 0,
                    request_source: texts(["default", "cn_region_huabei"]),
                ),
                with!(RequestAddressesItem::new(), address_id: text("addr-2"), request_source: vec![]),
            ],
        ),
    );
    cases.add(
        "alidns/JSON with booleans beside a JSON list of texts",
        &with!(
            UpdateCloudGtmGlobalAlertRequest::new(),
            alert_group: texts(["group one", "group \"two\""]),
            alert_config: vec![with!(
                update_cloud_gtm_global_alert::RequestAlertConfigItem::new(),
                notice_type: text("addr_alert"),
                sms_notice: true,
                email_notice: false,
            )],
        ),
    );
    cases.add(
        "alidns/two lists of texts",
        &with!(
            SearchCloudGtmAddressesRequest::new(1, 20),
            names: texts(["one", "two"]),
            remarks: texts(["three"]),
            name_search_condition: text("or"),
        ),
    );
    cases.add(
        "alidns/JSON list in a JSON list",
        &with!(
            SearchRecursionZonesRequest::new(1, 100),
            max_results: 10,
            effective_scopes: vec![with!(
                RequestEffectiveScopesItem::new(),
                effective_type: text("region"),
                scope: texts(["cn-hangzhou", "cn-beijing"]),
            )],
        ),
    );
    cases.add(
        "alidns/enumerations in objects in lists",
        &with!(
            UpdateRspDomainServerProhibitStatusForGatewayRequest::new(text("token"), text("example.com")),
            add_status_list: vec![with!(
                RequestAddStatusListItem::new(),
                status: RequestAddStatusListItemStatus::ServerDeleteProhibited,
                status_msg: text("because"),
            )],
            delete_status_list: vec![with!(
                RequestDeleteStatusListItem::new(),
                status: RequestDeleteStatusListItemStatus::ServerUpdateProhibited,
            )],
        ),
    );
}
