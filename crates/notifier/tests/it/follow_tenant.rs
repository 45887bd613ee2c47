//! What a tenant's life means for its letters.

use crate::house::House;

#[tokio::test]
async fn news_of_a_tenant_that_come_late_overrule_no_newer_ones() {
    let house = House::start_without_workers().await;
    let news = [
        ("suspended", 3, "true"),
        ("active", 2, "true"),
        ("active", 4, "false"),
        ("suspended", 3, "false"),
        ("closed", 1, "true"),
        ("active", 5, "true"),
    ];
    for (heard, (status, epoch, held)) in (1..).zip(news) {
        house.tell_moved(status, epoch).await;
        let all =
            async || house.text("select count(*)::text from inbox").await == heard.to_string();
        testkit::eventually("it is heard", all).await;
        let held_now = house.text("select held::text from job_suspensions").await;
        assert_eq!(held_now, held, "{status} of {epoch}");
    }
}
